"""Decoding and log-probabilities by a plain loop over one prompt, for the servers and stand-ins of tests."""


def write(model, prompt, max_tokens, stops, temperature=0):
    """Return the tokens that the model writes after a prompt, a stop token included, and `stop` or `length`.

    Above a temperature of 0 they are drawn by torch's own generator, wherever that stands.
    """
    import torch

    output = []
    with torch.inference_mode():
        while len(output) < max_tokens:
            logits = model(torch.tensor([prompt + output])).logits[0, -1]
            drawn = torch.multinomial((logits / temperature).softmax(-1), 1) if temperature else logits.argmax()
            output.append(int(drawn))
            if output[-1] in stops:
                return output, "stop"
    return output, "length"


def log_probabilities(model, prompt):
    """Return the log-probability of each token of a prompt after those before it, None for the first."""
    import torch

    with torch.inference_mode():
        logits = model(torch.tensor([prompt])).logits[0].float().log_softmax(-1)
    return [None, *(float(logits[i, token]) for i, token in enumerate(prompt[1:]))]
