// Who solved a synthetic problem, and what stands for its answer, in words.
"use strict";
const solutions = (() => {
  const CERTIFICATES = { construction: "computed with the problem", gold: "gold answer" };
  const AUTHORS = { target: "the target", instructor: "the instructor" };
  const nameOf = (author) => AUTHORS[author] ?? author;

  // Votes are told in the certificate, where they are it.
  function facts({ certificate, votes, tries }) {
    const right = tries && Object.entries(tries).map(([author, one]) => `${one.right} of ${one.tries} by ${nameOf(author)}`);
    return certificate === "votes"
      ? { certificate: `${votes.agreeing} of ${votes.given} independent solutions agree`, votes: null, tries: right }
      : { certificate: CERTIFICATES[certificate] ?? certificate, tries: right };
  }

  // Headings and texts: the solution that was written with the problem, and those of others to train on.
  function texts({ solution, solutions = [], fate }) {
    const use = fate === "trained" ? ", trained on" : "";
    const others = solutions.filter(({ author }) => author !== "worked");
    const own = others.length < solutions.length ? use : use && ", not trained on";
    return [...(solution ? [[`Worked solution${own}`, solution]] : []), ...others.map((one) => [
      `Solution by ${nameOf(one.author)}${use} (${one.certified_results} of its ${one.results} results are in the worked one)`, one.text])];
  }

  return { facts, texts };
})();
