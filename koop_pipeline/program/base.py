"""What all models of the programme folder share: frozen, closed, converted from text.

The YAML loader (`yaml_file.py`) reads every scalar as text; these models convert it, so `010`, `no` and
`150000000.00` mean what they say.
"""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A closed, immutable record; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
