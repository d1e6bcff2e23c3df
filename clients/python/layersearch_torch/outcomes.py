"""How an attempt ended, as keys of its result."""

from layersearch_torch.texts import one_line


def failure(cause, reason, lines=(), **more):
    """Returns the outcome and the account of a failed attempt."""
    account = {"cause": cause, "isOutOfMemorySuspected": False, **more}
    account["lastLines"] = [one_line(line, 512) for line in lines][-8:]
    return {"outcome": {"failed": {"reason": one_line(reason) or cause}}, "failure": account}


def returned(reason):
    return {"outcome": {"returned": {"reason": one_line(reason)}}}
