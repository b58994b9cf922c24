"""An expectation's configuration made once: the same as GX makes, one for each expectation, and only within."""

import pytest

import koop_pipeline.gates.gx  # noqa: F401 before GX itself, for it switches off what GX says while loading

# isort: split
import great_expectations as gx
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.expectation import Expectation

from koop_pipeline.gates.gx.once import made_once


def _expectation(column: str) -> Expectation:
    return ExpectColumnValuesToNotBeNull(column=column, meta={"rule": f"MEM-{column}"})


def test_within_each_expectation_keeps_the_configuration_that_gx_makes_of_it() -> None:
    """Two that are equal but for the column do not trade theirs."""
    first, second = _expectation("nik"), _expectation("phone")
    made = [each.configuration for each in (first, second)]
    with made_once():
        kept = [each.configuration for each in (first, second)]
        assert [each.configuration for each in (first, second)] == kept
        assert first.configuration is kept[0]
        assert second.configuration is kept[1]
    assert kept == made
    assert [each.kwargs["column"] for each in kept] == ["nik", "phone"]
    assert first.configuration is not first.configuration


def test_it_ends_with_the_context_whatever_happens_inside() -> None:
    """Also where GX raises."""
    own = Expectation.configuration
    with pytest.raises(ZeroDivisionError), made_once():
        raise ZeroDivisionError
    assert Expectation.configuration is own


def test_gx_writes_its_settings_by_the_method_that_the_gate_switches_off() -> None:
    """Otherwise switching it off would do nothing, and nobody would notice."""
    assert callable(gx.get_context(mode="ephemeral")._save_project_config)
