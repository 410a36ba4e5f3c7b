"""The TrainingJob resource: its models, and the CRD that is generated from them."""

GROUP = "lsml.dev"
VERSION = "v1alpha1"
KIND = "TrainingJob"
PLURAL = "trainingjobs"
API_VERSION = f"{GROUP}/{VERSION}"
