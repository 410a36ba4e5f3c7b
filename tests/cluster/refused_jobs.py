"""What is refused of a job beside its algorithm: names, workers, data, template, with the words in which it is."""

from typing import Any

from cluster.objects import SVM, a_job
from cluster.tables import (
    Case,
    Omit,
    at_least,
    at_most,
    env,
    gradient_descent,
    mount,
    named,
    resources,
    spec,
    svm,
    template,
    unknown,
    volume,
)

NAME = "metadata.name must begin with a letter, have only a-z, 0-9 and -, and at most 50 characters"
STATE = "spec.checkpoint.uri in body should match '^(pvc://"
INSIDE = "checkpoint.uri is inside of output, which holds a model and nothing else; name a folder beside it"
OUTPUT = "spec.output in body should match '^(pvc://"
ONE_SOURCE = "set exactly one of configMap, secret, emptyDir, persistentVolumeClaim"
RESERVED_MOUNT = "the worker's own /tmp, /mnt/claims and /mnt/lsml cannot be mounted over, and .. is not allowed"

FAULT_26_NUMBERS_OF_WORKERS = {
    "more at least than wanted": spec("workers", {"min": 2, "max": 4}, "min must not be larger than replicas"),
    "more wanted than at most": spec("workers", {"replicas": 3, "max": 2}, "replicas must not be larger than max"),
    "growth without bound": spec("workers", {"autoscale": {"efficiency": 0.7}}, "autoscale needs max, of 2 or more"),
    "growth up to one": spec(
        "workers", {"max": 1, "autoscale": {"efficiency": 0.7}}, "autoscale needs max, of 2 or more"
    ),
    "growth for nothing": spec("workers", {"max": 4, "autoscale": {"efficiency": 0}}, "should be greater than 0"),
    "a straggler of nobody": spec("workers.replaceStragglers", True, "replaceStragglers needs more than one worker"),
    "a gang of one": spec("workers.gang", "strict", "gang: strict is about the first min workers"),
    "a gang of another kind": spec("workers.gang", "loose", 'supported values: "elastic", "strict"'),
    "the patience of no gang": spec("workers.gangPatienceSeconds", 60, "of no use without gang: strict"),
    "no workers": spec("workers.replicas", 0, at_least(1, "workers.replicas")),
    "no workers at least": spec("workers.min", 0, at_least(1, "workers.min")),
    "no workers at most": spec("workers.max", 0, at_least(1, "workers.max")),
    "a negative number of workers": spec("workers.replicas", -1, at_least(1, "workers.replicas")),
    "a negative least number": spec("workers.min", -1, at_least(1, "workers.min")),
    "2^31 workers": spec("workers.max", 2**31, at_most("64", "workers.max")),
    "2^63 workers": spec("workers.replicas", 2**63, "workers.replicas"),
    "a million workers": spec("workers.replicas", 1_000_000, at_most("64", "workers.replicas")),
    "a word for the number of workers": spec("workers.replicas", "one", "must be of type integer"),
    "half a worker": spec("workers.replicas", 0.5, "must be of type integer"),
}

FAULT_27_NAMES = {
    "51 characters": named("a" * 51, NAME),
    "upper case": named("Iris", NAME),
    "a dot": named("iris.svm", NAME),
    "not ASCII": named("iriś", NAME),
    "a digit first": named("1iris", NAME),
    "a hyphen first": named("-iris", NAME),
    "a hyphen last": named("iris-", NAME),
    "an underscore": named("iris_svm", NAME),
    "a path": named("../iris", NAME),
}

FAULT_29_SHAPES = {
    "no spec": Case(SVM, "spec", Omit, "spec: Required value"),
    "an empty spec": Case(SVM, "spec", {}, "set algorithm, to train a model, or model, to predict"),
    "null as spec": Case(SVM, "spec", None, "spec: Required value"),
    "a list as spec": Case(SVM, "spec", [], "spec"),
    "an unknown field": spec("colour", "red", unknown("colour")),
    "an unknown field of an algorithm": svm("c", 1.0, unknown("algorithm.svm.c")),
    "an unknown field of the workers": spec("workers.minimum", 1, unknown("workers.minimum")),
    "an unknown field of the template": template(unknown("workers.template.image"), image="own"),
    "too many environment variables": env(
        "spec.workers.template.env: Too many: 65: must have at most 64 items",
        *({"name": f"V{number}", "value": "x" * 24_000} for number in range(65)),
    ),
    "too long a value": env("Too long: may not be more than 32768 bytes", {"name": "V", "value": "x" * 32_769}),
    "too many features": spec("data.train.features", ["f"] * 1025, "spec.data.train.features: Too many: 1025"),
    "too many annotations": template(
        "Too many: 33: must have at most 32 items", annotations={f"a{number}": "" for number in range(33)}
    ),
    "too long an output": spec("output", "pvc://models/" + "x" * 1024, "spec.output: Too long"),
}


def predicting(changes: dict[str, Any], words: str) -> Case:
    """A job that only predicts, with these changes; None takes a field out."""
    predict = {"data": {"uri": "pvc://m/r.csv"}, "output": "pvc://m/named"}
    changed = {"model": {"from": "pvc://m/iris"}, "predict": predict} | changes
    return Case(SVM, "spec", {name: value for name, value in changed.items() if value is not None}, words)


FAULT_35_CODE_FOR_DATA = {
    "shell for a number": svm("C", "$(id)", 'C in body must be of type number: "string"'),
    "shell after a word": svm("kernel", "rbf; rm -rf /", 'supported values: "linear", "poly", "rbf"'),
    "a template for a number": gradient_descent("learningRate", "{{ 7 * 7 }}", 'supported values: "auto"'),
    "shell in a data set's name": spec("data.train.uri", "builtin://iris;id", "data.train.uri in body should match"),
    "shell in the output": spec("output", "pvc://models/$(id)", OUTPUT),
}

FAULT_36_PATHS = {
    "a step up": spec("output", "pvc://models/../iris", OUTPUT),
    "a step up at the end": spec("output", "pvc://models/iris/..", OUTPUT),
    "a step up out of a file system's folder": spec("output", "file:///../etc", OUTPUT),
    "a hidden folder": spec("output", "pvc://models/.iris", OUTPUT),
    "the whole claim": spec("output", "pvc://models", OUTPUT),
    "an empty part": spec("output", "pvc://models//iris", OUTPUT),
    "a newline": spec("output", "pvc://models/iris\n", OUTPUT),
    "a claim in upper case": spec("output", "pvc://Models/iris", OUTPUT),
    "a place that nobody writes to": spec("output", "ftp://models/iris", OUTPUT),
    "the whole bucket": spec("output", "s3://models", OUTPUT),
    "a step up in a bucket": spec("output", "s3://models/../iris", OUTPUT),
    "a key in the address of a bucket": spec("output", "s3://key:secret@models/iris", OUTPUT),
    "an endpoint in the address of a bucket": spec("output", "s3://models/iris?endpoint=store:9000", OUTPUT),
    "checkpoints on a web server": spec("checkpoint", {"uri": "https://models/state"}, STATE),
    "predictions on a web server": spec(
        "predict",
        {"data": {"uri": "pvc://m/r.csv"}, "output": "https://m/p"},
        "spec.predict.output in body should match",
    ),
    "a step up to the checkpoints": spec("checkpoint", {"uri": "pvc://models/../state"}, STATE),
    "checkpoints where the model goes": Case(
        SVM, "spec", {**a_job()["spec"], "output": "pvc://m/a", "checkpoint": {"uri": "pvc://m/a"}}, INSIDE
    ),
    "checkpoints inside of the model": Case(
        SVM, "spec", {**a_job()["spec"], "output": "pvc://m/a", "checkpoint": {"uri": "pvc://m/a/b"}}, INSIDE
    ),
    "predictions inside of the model": Case(
        SVM,
        "spec",
        {
            **a_job()["spec"],
            "output": "pvc://m/a",
            "predict": {"data": {"uri": "pvc://m/r.csv"}, "output": "pvc://m/a/b"},
        },
        "predict.output is inside of output, which holds a model and nothing else; name a folder beside it",
    ),
    "a ledger inside of the model": Case(
        SVM,
        "spec",
        {**a_job()["spec"], "output": "pvc://m/a", "ledger": "pvc://m/a/ledger"},
        "ledger is inside of output, which holds a model and nothing else; name a folder beside it",
    ),
    "a ledger in a bucket": spec("ledger", "s3://proofs/iris", "spec.ledger in body should match"),
    "predictions of a model that is not kept": spec(
        "predict",
        {"data": {"uri": "pvc://m/r.csv"}, "output": "pvc://m/p"},
        "predict needs output, the folder that keeps the model; name one",
    ),
    "a model beside an algorithm": spec(
        "model", {"from": "pvc://m/iris"}, "set algorithm, to train a model, or model, to"
    ),
    "a model that predicts nothing": predicting({"predict": None}, "model needs predict: the rows that it predicts"),
    "a model that is trained": predicting({"seed": 1}, "model was trained before; take out data, output, checkpoint"),
    "a model whose data are given": predicting(
        {"data": {"train": {"uri": "builtin://iris"}}}, "model was trained before; take out data, output, checkpoint"
    ),
    "predictions inside of the model that predicts": predicting(
        {"predict": {"data": {"uri": "pvc://m/r.csv"}, "output": "pvc://m/iris/named"}},
        "predict.output is inside of model.from, which holds a model and nothing else; name a folder beside it",
    ),
    "stragglers of predictions": predicting(
        {"workers": {"replicas": 2, "replaceStragglers": True}},
        "replaceStragglers is of no use with algorithm.container",
    ),
    "predictions of rows that are neither CSV nor Parquet": spec(
        "predict",
        {"data": {"uri": "pvc://m/r.npy"}, "output": "pvc://m/p"},
        "spec.predict.data.uri in body should match",
    ),
    "a mount with a step up": mount(RESERVED_MOUNT, mountPath="/data/../etc"),
    "a mount that ends with a step up": mount(RESERVED_MOUNT, mountPath="/data/.."),
    "a mount over /tmp": mount(RESERVED_MOUNT, mountPath="/tmp"),  # noqa: S108  in the pod; it is refused
    "a mount over the token": mount(RESERVED_MOUNT, mountPath="/mnt/lsml"),
    "a mount over the output": mount(RESERVED_MOUNT, mountPath="/mnt/claims/models"),
    "a relative mount": mount("mountPath in body should match", mountPath="data"),
    "a mount over everything": mount("mountPath in body should match", mountPath="/"),
    "a folder outside the volume": mount("subPath in body should match", subPath="../other"),
    "a folder with a step up": mount("subPath in body should match", subPath="a/../../other"),
    "an absolute folder of a volume": mount("subPath in body should match", subPath="/etc"),
    "a key that becomes a file elsewhere": volume(
        "path in body should match", configMap={"name": "c", "items": [{"key": "k", "path": "../k"}]}
    ),
}

CHECKPOINTS = {
    "checkpoints nowhere": spec("checkpoint", {}, "spec.checkpoint.uri: Required value"),
    "checkpoints all the time": spec(
        "checkpoint", {"uri": "pvc://a/b", "everySeconds": 0}, at_least(1, "checkpoint.everySeconds")
    ),
    "checkpoints of which none is kept": spec(
        "checkpoint", {"uri": "pvc://a/b", "keep": 0}, at_least(1, "checkpoint.keep")
    ),
    "a field that checkpoints lack": spec("checkpoint", {"uri": "pvc://a/b", "every": 1}, unknown("checkpoint.every")),
}

DATA = {
    "no data": spec(
        "data", Omit, "data is needed: it says what is learned from; only algorithm.container brings its own"
    ),
    "nothing to train on": spec("data", {}, "spec.data.train: Required value"),
    "an unknown data set": spec(
        "data.train.uri", "builtin://mnist", "builtin://(iris|wine|breast_cancer|digits|diabetes)"
    ),
    "a file of the node": spec("data.train.uri", "/etc/passwd", "data.train.uri in body should match"),
    "a label without a name": spec("data.train.label", "", "should be at least 1 chars long"),
    "no features": spec("data.train.features", [], "should have at least 1 items"),
    "nothing held out": spec("data.test", {"fraction": 0}, "data.test.fraction in body should be greater than 0"),
    "everything held out": spec("data.test", {"fraction": 1}, "data.test.fraction in body should be less than 1"),
    "a negative seed of the split": spec("data.test", {"seed": -1}, at_least(0, "data.test.seed")),
    "too large a seed of the split": spec("data.test", {"seed": 2**32}, at_most("4294967295", "data.test.seed")),
    "credentials in a URI": spec("data.train.uri", "https://user:secret@host/a.csv", "train.uri in body should match"),
    "a query in a URI": spec("data.train.uri", "https://host/a.csv?token=1", "data.train.uri in body should match"),
    "a bucket without a file": spec("data.train.uri", "s3://bucket", "data.train.uri in body should match"),
    "a parent folder in a bucket": spec("data.train.uri", "s3://bucket/../a.csv", "train.uri in body should match"),
    "a delimiter of what is no CSV": spec(
        "data.train", {"uri": "pvc://data/a.parquet", "delimiter": ";"}, "delimiter belongs to .csv files; take it out"
    ),
    "a long delimiter": spec("data.train", {"uri": "pvc://data/a.csv", "delimiter": "::"}, "supported values"),
    "a weight that is the label": spec(
        "data.train", {"uri": "pvc://d/a.csv", "label": "w", "weight": "w"}, "weight is the label's column"
    ),
    "a weight that is the usual label": spec(
        "data.train", {"uri": "pvc://d/a.csv", "weight": "target"}, "weight is the label's column"
    ),
    "weights of made rows": spec(
        "data.train", {"synthetic": {"kind": "regression", "rows": 9}, "weight": "w"}, "made rows have no column of wei"
    ),
    "rows from nowhere": spec("data.train", {}, "set exactly one of uri, synthetic"),
    "rows from two places": spec(
        "data.train",
        {"uri": "builtin://iris", "synthetic": {"kind": "regression", "rows": 1}},
        "set exactly one of uri, synthetic",
    ),
    "made rows of no kind": spec("data.train", {"synthetic": {"rows": 1}}, "synthetic.kind: Required value"),
    "no made rows": spec("data.train", {"synthetic": {"kind": "regression", "rows": 0}}, "greater than or equal to 1"),
    "classes of a regression": spec(
        "data.train", {"synthetic": {"kind": "regression", "rows": 9, "classes": 3}}, "classes belongs to kind: class"
    ),
    "noise in more rows than there are": spec(
        "data.train", {"synthetic": {"kind": "drifting", "rows": 9, "noise": 2}}, "noise is a share of the rows"
    ),
    "memory without a unit": spec("data.memory", "100", "data.memory in body should match"),
    "memory for what comes with the trainer": spec("data.memory", "1Gi", "builtin data sets are small"),
    "strata of streamed rows": spec(
        "data",
        {"train": {"uri": "pvc://d/a.csv"}, "memory": "1Gi", "test": {"stratify": True}},
        "test.stratify needs all rows at once",
    ),
    "the median of streamed rows": spec(
        "data", {"train": {"uri": "pvc://d/a.csv"}, "memory": "1Gi", "missing": "median"}, "missing: median and most_f"
    ),
    "a share of other files": spec(
        "data.test", {"uri": "pvc://d/a.csv", "fraction": 0.1}, "fraction, seed and stratify hold out training rows"
    ),
    "an unknown way with bad rows": spec("data.onBadRow", "mend", 'supported values: "fail", "skip"'),
    "an unknown way with missing values": spec("data.missing", "zero", 'supported values: "fail", "drop", "mean"'),
    "an unknown encoding": spec("data.categorical", {"encoding": "hash"}, 'supported values: "onehot", "ordinal"'),
    "categories of no column": spec("data.categorical", {"columns": []}, "should have at least 1 items"),
    "a word for standardize": spec("data.standardize", "yes", "must be of type boolean"),
}

RUN_POLICY = {
    "a negative seed": spec("seed", -1, at_least(0, "seed")),
    "too large a seed": spec("seed", 2**32, at_most("4294967295", "seed")),
    "an unknown word for reproducible": spec("reproducible", "exact", 'reproducible: Unsupported value: "exact"'),
    "a word for suspend": spec("suspend", "true", "must be of type boolean"),
    "a deadline of 0 s": spec("activeDeadlineSeconds", 0, at_least(1, "activeDeadlineSeconds")),
    "too late a deadline": spec("activeDeadlineSeconds", 2**31, at_most("2147483647", "activeDeadlineSeconds")),
    "a negative time to live": spec("ttlSecondsAfterFinished", -1, at_least(0, "ttlSecondsAfterFinished")),
    "a negative limit of crashes": spec("backoffLimit", -1, at_least(0, "backoffLimit")),
    "too many crashes": spec("backoffLimit", 1001, at_most("1000", "backoffLimit")),
}

MACHINES = {
    "a negative quantity": resources("limits.cpu in body should match", limits={"cpu": "-1"}),
    "a negative number": resources("limits.cpu in body should be greater than or equal to 0", limits={"cpu": -1}),
    "a word for a quantity": resources("limits.memory in body should match", limits={"memory": "much"}),
    "a fraction without quotes": resources("must be of type integer,string", limits={"cpu": 1.5}),
    "a resource without a name": resources("every name must match", limits={"": 1}),
    "a resource with spaces": resources("every name must match", requests={"a gpu": 1}),
    "too many resources": resources("Too many: 17", limits={f"example.com/r{number}": 1 for number in range(17)}),
    "labels of the operator": template("under lsml.dev/ are the operator's own", labels={"lsml.dev/job": "other"}),
    "annotations of the operator": template(
        "under lsml.dev/ are the operator's own", annotations={"lsml.dev/template-hash": "0"}
    ),
    "a label that is a sentence": template("labels.a in body should match", labels={"a": "not a label!"}),
    "too long a label": template("Too long: may not be more than 63 bytes", labels={"a": "x" * 64}),
    "a toleration of nothing": template("a toleration without a key needs operator: Exists", tolerations=[{}]),
    "an unknown operator": template(
        'supported values: "Exists", "Equal"', tolerations=[{"key": "a", "operator": "Near"}]
    ),
    "a class whose name is none": template("priorityClassName in body should match", priorityClassName="Not A Name"),
    "a volume without a source": volume(ONE_SOURCE),
    "a volume with two sources": volume(ONE_SOURCE, emptyDir={}, secret={"secretName": "s"}),
    "a volume of the operator's": template("the operator's own", volumes=[{"name": "lsml-tmp", "emptyDir": {}}]),
    "two volumes of one name": template("Duplicate value", volumes=[{"name": "v", "emptyDir": {}}] * 2),
    "a mount of no volume": template(
        "every volumeMount names one of the volumes", volumeMounts=[{"name": "v", "mountPath": "/data"}]
    ),
    "a variable twice": env("Duplicate value", {"name": "A", "value": "1"}, {"name": "A", "value": "2"}),
    "a variable of the operator's": env("the operator's own", {"name": "LSML_SPEC", "value": "{}"}),
    "a variable with a space": env("env[0].name in body should match", {"name": "A B", "value": "1"}),
    "a number for a variable": env("must be of type string", {"name": "A", "value": 1}),
    "a variable with two values": env(
        "set value or valueFrom, not both",
        {"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ),
}
