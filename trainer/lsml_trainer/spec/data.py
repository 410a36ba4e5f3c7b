"""Where rows come from, which column is learned and which rows are held out."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.storage import BUCKET, CLAIM

ColumnName = Annotated[str, Field(min_length=1, max_length=256)]

# Grows with the readers: a name that no reader honours must not pass the schema.
BUILTIN_NAMES = ("iris", "wine", "breast_cancer", "digits", "diabetes")
# Only the last part, the file's name, may hold `*`; no part begins with a dot, so `..` cannot be written.
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._=-]*"
_KIND = r"\.(parquet|npy|(csv|libsvm|svm|svmlight)(\.(gz|bz2|zst))?)"
_FILES = rf"(/{_PART})*/[A-Za-z0-9_*-][A-Za-z0-9._=*-]*{_KIND}"
# Neither a name and password before the host nor a query after the path: what is secret has no place in a resource.
_WEB = (
    rf"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{{1,5}})?(/{_PART})*/[A-Za-z0-9_-][A-Za-z0-9._=-]*{_KIND}"
)
_STORED = rf"(pvc://{CLAIM}|file://|(s3|gs)://{BUCKET}){_FILES}"
RowsUri = Annotated[
    str,
    Field(
        pattern=rf"^(pvc://{CLAIM}|file://|(s3|gs)://{BUCKET})(/{_PART})*/[A-Za-z0-9_*-][A-Za-z0-9._=*-]*\.(csv|parquet|libsvm|svm|svmlight)$",
        max_length=1024,
    ),
]
FileUri = Annotated[str, Field(pattern=rf"^({_STORED}|{_WEB})$", max_length=1024)]
TrainUri = Annotated[
    str, Field(pattern=rf"^(builtin://({'|'.join(BUILTIN_NAMES)})|{_STORED}|{_WEB})$", max_length=1024)
]


class Synthetic(SpecModel):
    """Made rows, as many as wanted and always the same from the same seed; their columns are target and f0, f1, ..."""

    kind: Literal["classification", "regression", "drifting"]
    """regression: a linear function of the features; classification: the class whose linear function is largest;
    drifting: two classes, whose border turns by a right angle from the first row to the last.
    """
    rows: Annotated[int, Field(ge=1, le=10**12)]
    """How many."""
    features: Annotated[int, Field(ge=1, le=1024)] = 20
    """How many, of mean 0 and variance 1, float32. Default: 20."""
    classes: Annotated[int, Field(ge=2, le=1000)] = 2
    """How many, of kind: classification. Default: 2."""
    noise: Annotated[float, Field(ge=0, le=1e6)] = 0.1
    """regression: the standard deviation of what is added to the label; otherwise the share of the rows whose class is
    drawn at random. Default: 0.1.
    """
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """The same seed makes the same rows. Default: 0."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.classes) || self.kind == 'classification'",
            message="classes belongs to kind: classification; take it out",
            holds=lambda m: "classes" not in m.model_fields_set or m.kind == "classification",
            field="classes",
        ),
        Rule(
            cel="!has(self.noise) || self.kind == 'regression' || self.noise <= 1.0",
            message="noise is a share of the rows, so 1 at most; only kind: regression takes more",
            holds=lambda m: m.kind == "regression" or m.noise <= 1,
            field="noise",
        ),
    )


class TrainData(SpecModel):
    """The rows to learn from; uri or synthetic says where they come from."""

    uri: TrainUri | None = None
    """Where they are: pvc://CLAIM/FOLDER/*.parquet, files of a claim; s3://BUCKET/FOLDER/*.parquet or gs://, files of
    an object store, whose credentials and endpoint are in the workers' environment; https://HOST/FOLDER/FILE.csv;
    file:///FOLDER/FILE.csv, files of a volume or of this machine; builtin://NAME, a data set that comes with
    scikit-learn: iris, wine, breast_cancer, digits, diabetes. Files are .parquet; .csv with a header; .npy, whose
    columns are f0, f1, ...; .libsvm, .svm or .svmlight, whose columns are target and f1, f2, ...; CSV and libsvm may
    end in .gz, .bz2 or .zst. Several files have the same columns. libsvm rows of 256 features or more, less than a
    quarter of whose cells are written, are kept without their zeros: sgd and gradientDescent train on them so, others
    write out the zeros of some rows at a time. All zeros are written out where a feature is the label, the weight or a
    category, with standardize, which shifts them, with memory, and where missing is mean, median or most_frequent.
    """
    label: ColumnName = "target"
    """The column to learn. Default: target, the label column of the builtin data sets."""
    features: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=1024)] = ("*",)
    """The columns to learn from, * standing for any characters; label and weight are never among them. Default: all."""
    weight: ColumnName | None = None
    """The column that says how much each training row counts, 0 or more: a row of weight 2 counts as two. Held-out rows
    and the statistics of the data count each row once. Default: all rows count the same.
    """
    delimiter: Literal[",", ";", "\t", "|", " "] | None = None
    """Between the cells of CSV files. Default: a comma."""
    synthetic: Synthetic | None = None
    """Rows that are made and not read, to try out and to measure."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.uri) != has(self.synthetic)",
            message="set exactly one of uri, synthetic",
            holds=lambda m: (m.uri is None) != (m.synthetic is None),
        ),
        Rule(
            cel="!has(self.delimiter) || (has(self.uri) && self.uri.contains('.csv'))",
            message="delimiter belongs to .csv files; take it out",
            holds=lambda m: m.delimiter is None or ".csv" in (m.uri or ""),
            field="delimiter",
        ),
        Rule(
            cel="!has(self.weight) || self.weight != (has(self.label) ? self.label : 'target')",
            message="weight is the label's column, and what is learned cannot say how much a row counts; name another",
            holds=lambda m: m.weight != m.label,
            field="weight",
        ),
        Rule(
            cel="!has(self.weight) || !has(self.synthetic)",
            message="made rows have no column of weights; take weight out",
            holds=lambda m: m.weight is None or m.synthetic is None,
            field="weight",
        ),
    )


class HeldOut(SpecModel):
    """The rows that are kept from training and used to evaluate the model: a share of them, or other files."""

    uri: FileUri | None = None
    """Files with rows to evaluate on, which have the columns of the training rows; then all of those train."""
    fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the rows that is held out. Default: 0.2."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Which rows: the same seed holds out the same rows. Default: 0."""
    stratify: bool = False
    """Hold out the same share of each class. Default: false."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.uri) || !(has(self.fraction) || has(self.seed) || has(self.stratify))",
            message="fraction, seed and stratify hold out training rows; take them out, or take uri out",
            holds=lambda m: m.uri is None or not m.model_fields_set & {"fraction", "seed", "stratify"},
            field="uri",
        ),
    )


class Categorical(SpecModel):
    """Features that are names and not amounts."""

    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=256)] | None = None
    """Which features, * standing for any characters. Default: those that hold text, and not numbers but for some."""
    encoding: Literal["onehot", "ordinal"] = "onehot"
    """onehot: a column of 0 and 1 for each category; ordinal: one column with the category's place among the sorted
    categories. Default: onehot.
    """
    handle_unknown: Literal["error", "ignore"] = "error"
    """A category that no training row has: error refuses its row, ignore takes it as none of the categories (all 0; in
    ordinal -1). Default: error.
    """


class Data(SpecModel):
    """What is learned from."""

    train: TrainData
    """The rows to learn from."""
    test: HeldOut | None = None
    """What is held out to evaluate the model; without it the model is evaluated on the training rows, and says so."""
    shards: Literal[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] | None = None
    """Into how many parts the training rows are cut. The same number gives the same model to the bit, however many
    workers hold the parts; no more workers than parts share the work. Default: the smallest that gives each worker one.
    """
    standardize: bool = False
    """Shift and scale each feature to mean 0 and variance 1, with the statistics of the training rows; the 0 and 1 of
    categories stay. Default: false.
    """
    categorical: Categorical | None = None
    """Which features are names and how they become numbers; without it a feature that holds text is refused."""
    missing: Literal["fail", "drop", "mean", "median", "most_frequent"] = "fail"
    """A feature without a value: fail names it and ends the job, drop leaves the row out, mean, median and
    most_frequent put in that of the feature's training rows (a category takes the most frequent one). Default: fail.
    """
    on_bad_row: Literal["fail", "skip"] = "fail"
    """A training row with too few or too many cells, with text or infinity where a number is expected, without a label
    or a weight or (where missing is fail) without a value: fail names it and ends the job, skip leaves it out and
    counts it. Default: fail.
    """
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi)$")] | None = None
    """At most so much memory for rows in each worker, such as 512Mi, however many rows there are: what does not fit is
    read again whenever it is wanted, and a hash of its number and the seed decides whether a row is held out.
    gradientDescent reads rows in their order. sgd and deepLearning read blocks of rows in a random order, and shuffle
    the rows of a few blocks together, an eighth of the memory at most: of data whose order tells much, such as all of a
    class together, batches are less mixed than in memory. svm with a kernel is slow on rows that do not fit, and
    earlyStopping keeps 8 bytes for each row besides. Default: all rows are kept in memory.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.memory) || !has(self.test) || !has(self.test.stratify) || !self.test.stratify",
            message="test.stratify needs all rows at once; take it out, or take memory out",
            holds=lambda m: m.memory is None or m.test is None or not m.test.stratify,
            field="memory",
        ),
        Rule(
            cel="!has(self.memory) || !has(self.missing) || !(self.missing in ['median', 'most_frequent'])",
            message="missing: median and most_frequent sort all values of a column at once; take mean or drop, "
            "or take memory out",
            holds=lambda m: m.memory is None or m.missing not in ("median", "most_frequent"),
            field="memory",
        ),
        Rule(
            cel="!has(self.memory) || !has(self.train.uri) || !self.train.uri.startsWith('builtin://')",
            message="builtin data sets are small and kept in memory; take memory out",
            holds=lambda m: m.memory is None or not (m.train.uri or "").startswith("builtin://"),
            field="memory",
        ),
    )
