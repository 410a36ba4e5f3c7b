"""Volumes and environment of worker pods, in the words of core/v1.

Only what the restricted Pod Security Standard allows is in the schema: a hostPath cannot even be written.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from lsml_operator.api.quantity import Quantity
from lsml_trainer.spec import Rule, SpecModel, exactly_one_sentence

ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
Key = Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,255}$")]
# A part of a path never begins with a dot, so `..` cannot be written.
FolderOrFile = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", max_length=512)
]
OwnName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", max_length=63)]

SOURCES = ("configMap", "secret", "emptyDir", "persistentVolumeClaim")


class KeyToPath(SpecModel):
    """A key that becomes a file."""

    key: Key
    """The key."""
    path: FolderOrFile
    """The file's path within the volume."""


class ConfigMapVolume(SpecModel):
    """A ConfigMap of the job's namespace as files."""

    name: ObjectName
    """Its name."""
    items: Annotated[tuple[KeyToPath, ...], Field(max_length=64)] = ()
    """Which keys, as which files. Default: all."""
    optional: bool = False
    """Whether it may be missing. Default: false."""


class SecretVolume(SpecModel):
    """A Secret of the job's namespace as files."""

    secret_name: ObjectName
    """Its name."""
    items: Annotated[tuple[KeyToPath, ...], Field(max_length=64)] = ()
    """Which keys, as which files. Default: all."""
    optional: bool = False
    """Whether it may be missing. Default: false."""


class EmptyDirVolume(SpecModel):
    """A folder that lives as long as the pod."""

    medium: Annotated[str, Field(pattern="^(Memory)?$", max_length=6)] = ""
    """Memory, or empty for the node's disk. Default: empty."""
    size_limit: Quantity | None = None
    """How much it may hold."""


class ClaimVolume(SpecModel):
    """A PersistentVolumeClaim of the job's namespace."""

    claim_name: ObjectName
    """Its name."""
    read_only: bool = False
    """Mount it read-only. Default: false."""


class Volume(SpecModel):
    """A volume of the worker pods."""

    name: OwnName
    """What volumeMounts call it."""
    config_map: ConfigMapVolume | None = None
    """A ConfigMap as files."""
    secret: SecretVolume | None = None
    """A Secret as files."""
    empty_dir: EmptyDirVolume | None = None
    """A folder that lives as long as the pod."""
    persistent_volume_claim: ClaimVolume | None = None
    """A PersistentVolumeClaim."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel=f"[{', '.join(f'has(self.{source})' for source in SOURCES)}].filter(x, x).size() == 1",
            message=exactly_one_sentence(SOURCES),
            holds=lambda m: len(m.model_fields_set - {"name"}) == 1,
        ),
        Rule(
            cel="!self.name.startsWith('lsml-')",
            message="names that begin with lsml- are the operator's own; choose another",
            holds=lambda m: not m.name.startswith("lsml-"),
            field="name",
        ),
    )


class VolumeMount(SpecModel):
    """Where the worker sees a volume."""

    name: OwnName
    """The volume's name."""
    mount_path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_-][^:]*$", max_length=512)]
    """The folder in the container."""
    sub_path: FolderOrFile | None = None
    """A folder within the volume. Default: the whole volume."""
    read_only: bool = False
    """Mount it read-only. Default: false."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(self.mountPath + '/').contains('/../') && self.mountPath != '/tmp' && "
            "!(self.mountPath + '/').startsWith('/mnt/claims/') && "
            "!(self.mountPath + '/').startsWith('/mnt/lsml/')",
            message="the worker's own /tmp, /mnt/claims and /mnt/lsml cannot be mounted over, and .. is not allowed",
            holds=lambda m: (
                "/../" not in m.mount_path + "/"
                and m.mount_path != "/tmp"  # noqa: S108  a mount point in the pod, nothing is written here
                and not (m.mount_path + "/").startswith(("/mnt/claims/", "/mnt/lsml/"))
            ),
            field="mountPath",
        ),
    )


class KeySelector(SpecModel):
    """A key of an object of the job's namespace."""

    name: ObjectName
    """The object's name."""
    key: Key
    """The key."""
    optional: bool = False
    """Whether it may be missing. Default: false."""


class EnvSource(SpecModel):
    """Where a variable's value comes from."""

    secret_key_ref: KeySelector | None = None
    """A key of a Secret."""
    config_map_key_ref: KeySelector | None = None
    """A key of a ConfigMap."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.secretKeyRef) != has(self.configMapKeyRef)",
            message=exactly_one_sentence(("secretKeyRef", "configMapKeyRef")),
            holds=lambda m: len(m.model_fields_set) == 1,
        ),
    )


class EnvVar(SpecModel):
    """An environment variable of the worker."""

    name: EnvName
    """Its name."""
    value: Annotated[str, Field(max_length=32_768)] | None = None
    """Its value, taken literally: unlike in a pod, $(NAME) stands for nothing else."""
    value_from: EnvSource | None = None
    """Where its value comes from instead."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.value) || !has(self.valueFrom)",
            message="set value or valueFrom, not both",
            holds=lambda m: m.value is None or m.value_from is None,
            field="valueFrom",
        ),
        Rule(
            cel="!self.name.startsWith('LSML_')",
            message="names that begin with LSML_ are the operator's own; choose another",
            holds=lambda m: not m.name.startswith("LSML_"),
            field="name",
        ),
    )


class ObjectReference(SpecModel):
    """An object of the job's namespace."""

    name: ObjectName
    """Its name."""
    optional: bool = False
    """Whether it may be missing. Default: false."""


class EnvFrom(SpecModel):
    """All keys of an object as variables."""

    prefix: EnvName | None = None
    """Put before each name."""
    config_map_ref: ObjectReference | None = None
    """A ConfigMap."""
    secret_ref: ObjectReference | None = None
    """A Secret."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.secretRef) != has(self.configMapRef)",
            message=exactly_one_sentence(("secretRef", "configMapRef")),
            holds=lambda m: len(m.model_fields_set & {"secret_ref", "config_map_ref"}) == 1,
        ),
    )
