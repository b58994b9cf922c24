"""One run over a batch: the folder, the batch and which of its cooperatives are meant.

Every step takes a `BatchRun`. Results of a step belong in staging, not here.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from koop_pipeline.errors import ConfigError
from koop_pipeline.program.folder import Mapping, ProgramFolder
from koop_pipeline.program.policies import Policies
from koop_pipeline.program.profile import nearest
from koop_pipeline.program.program_file import Batch, Cooperative, SourcePart
from koop_pipeline.program.target_address import TargetAddress


@dataclass(frozen=True)
class BatchRun:
    """The cooperatives of `batch` that this run is about; `only` empty: all. A rehearsal loads beside the target."""

    folder: ProgramFolder
    batch: Batch
    only: frozenset[str] = frozenset()
    rehearse: bool = False

    @classmethod
    def of(
        cls, folder: ProgramFolder, batch_name: str, only: Iterable[str] = (), *, rehearse: bool = False
    ) -> "BatchRun":
        """Load the batch; ConfigError for an id in `only` that it does not have."""
        batch = folder.batch(batch_name)
        known = [cooperative.id for cooperative in batch.cooperatives]
        for cooperative_id in only:
            if cooperative_id not in known:
                hint = nearest(cooperative_id, known)
                raise ConfigError(f"batches/{batch_name}.yaml has no cooperative {cooperative_id!r}{hint}")
        return cls(folder, batch, frozenset(only), rehearse)

    @property
    def target(self) -> TargetAddress:
        """Where this run loads: the target, or a place beside it that the rehearsal throws away."""
        if not self.rehearse:
            return self.folder.target
        return self.folder.target.rehearsal(f"{self.folder.root.resolve()} {self.batch.batch}")

    @cached_property
    def cooperatives(self) -> tuple[Cooperative, ...]:
        """The cooperatives in scope, in the order of the batch file."""
        return tuple(item for item in self.batch.cooperatives if not self.only or item.id in self.only)

    @property
    def ids(self) -> list[str]:
        """Ids in scope, in the order of the batch file."""
        return [cooperative.id for cooperative in self.cooperatives]

    @cached_property
    def mappings(self) -> dict[str, Mapping]:
        """The effective profile of each cooperative in scope."""
        return {cooperative.id: self.folder.mapping(cooperative) for cooperative in self.cooperatives}

    @property
    def key_branches(self) -> dict[str, list[str]]:
        """The branches that keys carry, of the cooperatives in scope whose keys carry one."""
        return {one.id: [each for each in one.branches if each] for one in self.cooperatives if one.prefixes_keys}

    def cutoff_on(self, cooperative: Cooperative) -> date:
        """The day at whose end this cooperative's opening balances stand."""
        return cooperative.cutoff_on or self.batch.cutoff_on

    def policies(self, cooperative: Cooperative) -> Policies:
        """The batch's policies, with those that the cooperative sets itself in their place."""
        own = cooperative.policies
        replaced = {name: getattr(own, name) for name in own.model_fields_set} if own else {}
        return self.batch.policies.model_copy(update=replaced)

    def judged_by(self, cooperative: Cooperative, mapping: Mapping) -> str:
        """The hash of everything in files that decides how a delivery is read: profile, policies, facts, cut-off."""
        said = {
            "profile": mapping.sha256,
            "policies": self.policies(cooperative).model_dump(mode="json"),
            "cutoff_on": self.cutoff_on(cooperative).isoformat(),
            "cooperative": cooperative.model_dump(mode="json", exclude={"policies", "responsible", "rat"}),
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def as_of(self, cooperative: Cooperative) -> date:
        """The day of this cooperative's latest source part."""
        return max(self.part_as_of(cooperative, part) for part in cooperative.source)

    def part_as_of(self, cooperative: Cooperative, part: SourcePart) -> date:
        """The day for which what one source part holds stands: its own, else that of the export, else the cut-off."""
        return part.as_of or cooperative.exported_on or self.cutoff_on(cooperative)
