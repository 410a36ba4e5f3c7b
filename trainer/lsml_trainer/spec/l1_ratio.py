"""l1Ratio, which the families with an elastic net share."""

from lsml_trainer.spec.base import Rule

L1_RATIO_NEEDS_ELASTICNET = Rule(
    cel="!has(self.l1Ratio) || (has(self.penalty) && self.penalty == 'elasticnet')",
    message="l1Ratio belongs to penalty: elasticnet; take it out or set that penalty",
    holds=lambda m: "l1_ratio" not in m.model_fields_set or m.penalty == "elasticnet",
    field="l1Ratio",
)
