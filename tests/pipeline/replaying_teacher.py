"""A teacher for whole pipelines: what a language model would reply, worked out from the prompt by arithmetic.

Equal prompts and seeds get equal replies, whatever the model is called; a reply comes in a fence, as models write it.
"""

import json
import random
import re

from stages.arithmetic.mistakes import find_first_mistake
from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from tests.chat_server import ChatServer, completion

_ATTEMPT = re.compile(r"Problem:\n(.*)\n\nCorrect solution:\n(.*)\n\nPupil's attempt:\n(.*)\n\nFollow", re.DOTALL)
_EXAMPLE = re.compile(r"^Problem: (.*?)\nSolution:\n(.*?\n#### (.*?))$", re.DOTALL | re.MULTILINE)
_NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_WANTED = re.compile(r"Write (\d+) new problems")


class ReplayingTeacher(ChatServer):
    """A chat server with this teacher behind it."""

    def __init__(self):
        super().__init__(self._reply)
        self._solutions = {}

    def _reply(self, body):
        prompt = body["messages"][-1]["content"]
        if found := _ATTEMPT.search(prompt):
            return _fenced(_diagnosis(*found.groups()))
        if found := _WANTED.search(prompt):
            return _fenced({"problems": self._problems(prompt, int(found[1]), body["seed"])})
        if "one type of error" in prompt:
            name = re.search(r"^- (.*)$", prompt, re.MULTILINE)[1]
            return _fenced({"name": f"Type: {name}", "explanation": f"The pupil {name}."})
        if "Sort them into types" in prompt:
            return _fenced({"types": _types(_NUMBERED.findall(prompt))})
        if "Say for every phrase to which type" in prompt:
            return _fenced({"new_types": [], "assignments": _assignments(_NUMBERED.findall(prompt))})
        question = prompt.partition("\n\nSolve this step by step")[0]
        return completion(self._solutions.get(question, "I do not know."))

    def _problems(self, prompt, count, seed):
        rng = random.Random(f"{prompt}{seed}")
        examples = _EXAMPLE.findall(prompt)
        made = [renumber(*examples[i % len(examples)], rng) for i in range(count)]
        fit = [problem for problem in made if not isinstance(problem, Refusal)]
        self._solutions |= {problem.question: problem.solution for problem in fit}
        return [{"question": problem.question, "solution": problem.solution} for problem in fit]


def _fenced(value):
    return completion(f"Here you are.\n```json\n{json.dumps(value, indent=1)}\n```")


def _diagnosis(question, solution, output):
    mistake = find_first_mistake(question, solution, output)
    return {"first_mistake": mistake.detail, "quote": mistake.quote, "keyphrase": mistake.keyphrase}


def _type_of(phrase):
    return f"Mistakes with {phrase.split()[0]}"


def _types(numbered):
    names = list(dict.fromkeys(_type_of(phrase) for _, phrase in numbered))
    members = [
        [{"number": int(number), "keyphrase": phrase} for number, phrase in numbered if _type_of(phrase) == name]
        for name in names
    ]
    return [
        {"name": name, "explanation": "Why.", "keyphrases": found} for name, found in zip(names, members, strict=True)
    ]


def _assignments(numbered):
    return [{"number": int(number), "keyphrase": phrase, "type": _type_of(phrase)} for number, phrase in numbered]
