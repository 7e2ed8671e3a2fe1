"""Steps as another process reads them."""

import json

from app.core.plan import Step


def again(step: Step) -> Step:
    """The step after its way through the database."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))
