"""What the API server refuses at once, and the words in which it does (FAULTS 26, 27, 29, 35, 36)."""

import pytest

from cluster.api import DRY_RUN, Api, Refused
from cluster.objects import A_CONTAINER, SGD, SVM, a_job
from cluster.tables import (
    Case,
    Omit,
    container,
    deep,
    env,
    gradient_descent,
    job_of,
    mount,
    named,
    resources,
    sgd,
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
ONE_FAMILY = (
    'spec.algorithm: Invalid value: "object": set exactly one of gradientDescent, sgd, svm, deepLearning, container'
)
ONE_SOURCE = "set exactly one of configMap, secret, emptyDir, persistentVolumeClaim"
RESERVED_MOUNT = "the worker's own /tmp and /mnt/claims cannot be mounted over, and .. is not allowed"
NO_PROBABILITY = "probability: true belongs to loss: hinge; take it out"
EXACT_PROBABILITY = "probability: true needs the exact kernel; take it out, or take approximation out"
TUBE_ONLY = "epsilon belongs to the epsilon_insensitive losses; take it out or set loss to one of them"
SQUARED = (
    "the squared losses belong to kernel: linear, or to an approximation; set one of them, or take the loss without"
)
NYSTROM = {"nystrom": {"centres": 100}}
CENTRES = "algorithm.svm.approximation.nystrom.centres"
NO_APPROXIMATION = "approximation belongs to kernel: poly or rbf; a linear one takes any number of rows, take it out"
POLY_ONLY = "degree and coef0 belong to kernel: poly; take them out or set that kernel"
SMOOTHING = "labelSmoothing belongs to loss: cross_entropy; take it out or set that loss"
NEEDS_MOMENTUM = "nesterov needs a momentum above 0, such as momentum: 0.9"
GPU = "nvidia.com/gpu"


def at_least(least: float, field: str) -> str:
    """The API server's words for a number that is too small."""
    return f"spec.{field} in body should be greater than or equal to {least}"


def at_most(most: str, field: str) -> str:
    """The API server's words for a number that is too large."""
    return f"spec.{field} in body should be less than or equal to {most}"


FAULT_26_NUMBERS_OF_WORKERS = {
    "more at least than wanted": spec("workers", {"min": 2, "max": 4}, "min must not be larger than replicas"),
    "more wanted than at most": spec("workers", {"replicas": 3, "max": 2}, "replicas must not be larger than max"),
    "growth without bound": spec("workers", {"autoscale": {"efficiency": 0.7}}, "autoscale needs max, of 2 or more"),
    "growth up to one": spec(
        "workers", {"max": 1, "autoscale": {"efficiency": 0.7}}, "autoscale needs max, of 2 or more"
    ),
    "growth for nothing": spec("workers", {"max": 4, "autoscale": {"efficiency": 0}}, "should be greater than 0"),
    "a straggler of nobody": spec("workers.replaceStragglers", True, "replaceStragglers needs more than one worker"),
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
    "an empty spec": Case(SVM, "spec", {}, "spec.algorithm: Required value"),
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
    "predictions of rows that are neither CSV nor Parquet": spec(
        "predict",
        {"data": {"uri": "pvc://m/r.npy"}, "output": "pvc://m/p"},
        "spec.predict.data.uri in body should match",
    ),
    "a mount with a step up": mount(RESERVED_MOUNT, mountPath="/data/../etc"),
    "a mount that ends with a step up": mount(RESERVED_MOUNT, mountPath="/data/.."),
    "a mount over /tmp": mount(RESERVED_MOUNT, mountPath="/tmp"),  # noqa: S108  in the pod; it is refused
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

FAMILIES = {
    "no family": spec("algorithm", {}, ONE_FAMILY),
    "no algorithm": spec("algorithm", Omit, "spec.algorithm: Required value"),
    "two families": spec("algorithm", SVM | SGD, ONE_FAMILY),
    "null as a family": spec("algorithm", {"svm": None}, ONE_FAMILY),
    "a family that there is not": spec("algorithm", {"forest": {}}, unknown("algorithm.forest")),
}

SVM_PARAMETERS = {
    "C of 0": svm("C", 0, "algorithm.svm.C in body should be greater than 0"),
    "a negative C": svm("C", -1, "algorithm.svm.C in body should be greater than 0"),
    "too large a C": svm("C", 1e13, at_most("1e+12", "algorithm.svm.C")),
    "gamma of 0": svm("gamma", 0, '"spec.algorithm.svm.gamma" must validate at least one schema'),
    "a negative gamma": svm("gamma", -1, '"spec.algorithm.svm.gamma" must validate at least one schema'),
    "an unknown word for gamma": svm("gamma", "wide", 'svm.gamma: Unsupported value: "wide"'),
    "an empty word for gamma": svm("gamma", "", 'supported values: "scale", "auto"'),
    "a list for gamma": svm("gamma", [], 'supported values: "scale", "auto"'),
    "an object for gamma": svm("gamma", {"a": 1}, 'supported values: "scale", "auto"'),
    "true for gamma": svm("gamma", True, 'supported values: "scale", "auto"'),
    "an unknown kernel": svm("kernel", "sigmoid", 'supported values: "linear", "poly", "rbf"'),
    "tolerance of 0": svm("tolerance", 0, "svm.tolerance in body should be greater than 0"),
    "no iterations": svm("maxIterations", 0, at_least(1, "algorithm.svm.maxIterations")),
    "half an iteration": svm("maxIterations", 0.5, "must be of type integer"),
    "degree of 0": svm("degree", 0, at_least(1, "algorithm.svm.degree")),
    "too high a degree": svm("degree", 21, at_most("20", "algorithm.svm.degree")),
    "a degree without poly": svm("degree", 2, POLY_ONLY),
    "coef0 without poly": svm("coef0", 1, POLY_ONLY),
    "too large a coef0": svm("coef0", 1e13, at_most("1e+12", "algorithm.svm.coef0")),
    "probabilities of a number": spec(
        "algorithm", {"svm": {"loss": "epsilon_insensitive", "probability": True}}, NO_PROBABILITY
    ),
    "a number for an svm's classWeight": svm("classWeight", 2, "classWeight"),
    "epsilon without its loss": svm("epsilon", 0.5, TUBE_ONLY),
    "a negative epsilon": svm("epsilon", -0.1, "svm.epsilon in body should be greater than or equal to 0"),
    "a loss that svm has not": svm(
        "loss", "huber", 'supported values: "hinge", "squared_hinge", "epsilon_insensitive"'
    ),
    "a squared loss of a kernel": spec("algorithm", {"svm": {"loss": "squared_hinge"}}, SQUARED),
    "probabilities of a squared loss": spec(
        "algorithm", {"svm": {"loss": "squared_hinge", "kernel": "linear", "probability": True}}, NO_PROBABILITY
    ),
    "an approximation of nothing": svm("approximation", NYSTROM, NO_APPROXIMATION),
    "an approximation without a way": spec("algorithm", {"svm": {"approximation": {}}}, "set exactly one of nystrom"),
    "probabilities of an approximation": spec(
        "algorithm", {"svm": {"approximation": NYSTROM, "probability": True}}, EXACT_PROBABILITY
    ),
    "no unit of cacheSize": svm("cacheSize", "256", "svm.cacheSize in body should match"),
    "a number for cacheSize": svm("cacheSize", 256, "svm.cacheSize in body must be of type string"),
    "a cache of an approximation": spec(
        "algorithm",
        {"svm": {"approximation": NYSTROM, "cacheSize": "1Gi"}},
        "cacheSize belongs to the exact kernel; take it out, or take approximation out",
    ),
    "a cache of a squared loss": spec(
        "algorithm",
        {"svm": {"kernel": "linear", "loss": "squared_hinge", "cacheSize": "1Gi"}},
        "cacheSize belongs to the losses without squared_, whose kernel is worked on; take it out",
    ),
    "no centres": svm("approximation", {"nystrom": {"centres": 0}}, at_least(1, CENTRES)),
    "too many centres": svm("approximation", {"nystrom": {"centres": 5000}}, at_most("4096", CENTRES)),
    "no number of centres": svm("approximation", {"nystrom": {}}, f"spec.{CENTRES}: Required value"),
    "a negative seed of centres": svm(
        "approximation",
        {"nystrom": {"centres": 10, "seed": -1}},
        at_least(0, "algorithm.svm.approximation.nystrom.seed"),
    ),
    "too small a coef0": svm("coef0", -1e13, "svm.coef0 in body should be greater than or equal to -1e+12"),
}

GRADIENT_DESCENT_PARAMETERS = {
    "no loss": gradient_descent("loss", Omit, "gradientDescent.loss: Required value"),
    "a loss without a gradient": gradient_descent("loss", "hinge", 'supported values: "mse", "huber"'),
    "a learning rate of 0": gradient_descent("learningRate", 0, "learningRate: Unsupported value: 0"),
    "a negative learning rate": gradient_descent("learningRate", -0.1, "learningRate: Unsupported value: -0.1"),
    "an unknown word for the learning rate": gradient_descent("learningRate", "fast", 'supported values: "auto"'),
    "no iterations": gradient_descent("iterations", 0, at_least(1, "algorithm.gradientDescent.iterations")),
    "too many iterations": gradient_descent(
        "iterations", 10**9 + 1, at_most("1000000000", "algorithm.gradientDescent.iterations")
    ),
    "a negative tolerance": gradient_descent("tolerance", -1, at_least(0, "algorithm.gradientDescent.tolerance")),
    "a momentum of 1": gradient_descent("momentum", 1, "gradientDescent.momentum in body should be less than 1"),
    "a negative momentum": gradient_descent("momentum", -0.1, at_least(0, "algorithm.gradientDescent.momentum")),
    "a negative alpha": gradient_descent("alpha", -1, at_least(0, "algorithm.gradientDescent.alpha")),
    "nesterov without momentum": gradient_descent("nesterov", True, NEEDS_MOMENTUM),
    "an unknown method": gradient_descent("method", "lbfgs", 'supported values: "gradient", "newton"'),
    "epsilon for a loss without a width": gradient_descent("epsilon", 0.1, "epsilon belongs to loss: huber or squared"),
    "a penalty without strength": gradient_descent("penalty", "l1", "penalty needs an alpha above 0, such as alph"),
    "an unknown penalty of gradient descent": gradient_descent("penalty", "l3", 'supported values: "l2", "l1", "elast'),
    "l1Ratio of l2": gradient_descent("l1Ratio", 0.5, "l1Ratio belongs to penalty: elasticnet"),
    "l1 by Newton's method": Case(
        {"gradientDescent": {"loss": "huber", "method": "newton", "alpha": 1}},
        "spec.algorithm.gradientDescent.penalty",
        "l1",
        "l1 and elasticnet belong to method: gradient; Newton's method needs a smooth penalty, take l2",
    ),
    "an unknown word for classWeight": gradient_descent("classWeight", "even", "classWeight: Unsupported value"),
    "a number for classWeight": gradient_descent("classWeight", 2, "classWeight"),
    "an empty map for classWeight": gradient_descent("classWeight", {}, "classWeight"),
    "a list for classWeight": gradient_descent("classWeight", ["a"], "classWeight"),
}

SGD_PARAMETERS = {
    "no loss": sgd("loss", Omit, "sgd.loss: Required value"),
    "an unknown loss": sgd("loss", "mae", '"epsilon_insensitive"'),
    "an unknown penalty": sgd("penalty", "l3", 'supported values: "l2", "l1", "elasticnet", "none"'),
    "a negative alpha": sgd("alpha", -1, at_least(0, "algorithm.sgd.alpha")),
    "l1Ratio without elasticnet": sgd("l1Ratio", 0.5, "l1Ratio belongs to penalty: elasticnet"),
    "too large an l1Ratio": sgd("l1Ratio", 1.5, at_most("1", "algorithm.sgd.l1Ratio")),
    "a negative l1Ratio": sgd("l1Ratio", -0.5, at_least(0, "algorithm.sgd.l1Ratio")),
    "no epochs": sgd("epochs", 0, at_least(1, "algorithm.sgd.epochs")),
    "too many epochs": sgd("epochs", 10**9 + 1, at_most("1000000000", "algorithm.sgd.epochs")),
    "an empty batch": sgd("batchSize", 0, at_least(1, "algorithm.sgd.batchSize")),
    "too large a batch": sgd("batchSize", 10**7 + 1, at_most("10000000", "algorithm.sgd.batchSize")),
    "epsilon without its losses": sgd("epsilon", 0.1, "epsilon belongs to loss: huber, epsilon_insensitive or"),
    "a negative epsilon": sgd("epsilon", -0.1, at_least(0, "algorithm.sgd.epsilon")),
    "an unknown word for sgd's classWeight": sgd("classWeight", "even", "classWeight: Unsupported value"),
    "validationFraction without early stopping": sgd(
        "validationFraction", 0.2, "validationFraction belongs to earlyStopping: true; take it out or set that"
    ),
    "nIterNoChange with nothing to watch": sgd("nIterNoChange", 3, "nIterNoChange belongs to earlyStopping: true"),
    "a negative sgd tolerance": sgd("tolerance", -1, at_least(0, "algorithm.sgd.tolerance")),
    "a number for average": sgd("average", 10, "must be of type boolean"),
    "a number for the learning rate": sgd("learningRate", 0.1, "must be of type object"),
    "an unknown schedule": sgd("learningRate", {"schedule": "cosine"}, 'supported values: "constant", "optimal"'),
    "eta0 of 0": sgd("learningRate", {"eta0": 0}, "learningRate.eta0 in body should be greater than 0"),
    "a negative powerT": sgd("learningRate", {"powerT": -1}, at_least(0, "algorithm.sgd.learningRate.powerT")),
}

DEEP_LEARNING_PARAMETERS = {
    "no network": deep("network", Omit, "deepLearning.network: Required value"),
    "an empty network": deep("network", {}, "set exactly one of mlp, module"),
    "two networks": deep("network", {"mlp": {}, "module": "a.b:build"}, "set exactly one of mlp, module"),
    "a module without a function": deep("network", {"module": "a.b"}, "network.module in body should match"),
    "a path as a module": deep("network", {"module": "../a.py:build"}, "network.module in body should match"),
    "arguments of an mlp": deep("network.arguments", {"width": 3}, "arguments belong to module; take them out"),
    "a list as arguments": deep("network", {"module": "a:b", "arguments": [1]}, "arguments: Invalid value"),
    "65 arguments": deep(
        "network", {"module": "a:b", "arguments": {f"a{n}": n for n in range(65)}}, "must have at most 64 items"
    ),
    "an unknown normalization": deep("network.mlp.normalization", "group", 'supported values: "none", "batch"'),
    "an unknown precision": deep("precision", "float64", 'supported values: "float32", "bfloat16", "float16"'),
    "a word for compile": deep("compile", "yes", "must be of type boolean"),
    "another optimizer without its name": deep("optimizer", {"torch": {}}, "torch.name: Required value"),
    "a path as an optimizer": deep("optimizer", {"torch": {"name": "a.B"}}, "torch.name in body should match"),
    "an unknown network": deep("network", {"cnn": {}}, unknown("algorithm.deepLearning.network.cnn")),
    "an empty layer": deep("network.mlp.hidden", [0], "hidden[0] in body should be greater than or equal to 1"),
    "too wide a layer": deep("network.mlp.hidden", [65_537], "should be less than or equal to 65536"),
    "too many layers": deep("network.mlp.hidden", [1] * 33, "hidden: Too many: 33: must have at most 32 items"),
    "an unknown activation": deep("network.mlp.activation", "elu", 'supported values: "relu", "gelu"'),
    "everything dropped": deep("network.mlp.dropout", 1, "mlp.dropout in body should be less than 1"),
    "a negative dropout": deep("network.mlp.dropout", -0.1, "should be greater than or equal to 0"),
    "an unknown loss": deep("loss", "hinge", 'supported values: "cross_entropy", "bce_with_logits", "mse"'),
    "no optimizer": deep("optimizer", Omit, "deepLearning.optimizer: Required value"),
    "an empty optimizer": deep("optimizer", {}, "set exactly one of sgd, adam, adamw"),
    "two optimizers": deep("optimizer", {"adam": {}, "sgd": {"learningRate": 1}}, "set exactly one of sgd, adam"),
    "an unknown optimizer": deep("optimizer", {"lion": {}}, unknown("algorithm.deepLearning.optimizer.lion")),
    "sgd without a learning rate": deep("optimizer", {"sgd": {}}, "sgd.learningRate: Required value"),
    "a learning rate of 0": deep("optimizer", {"adam": {"learningRate": 0}}, "should be greater than 0"),
    "a momentum of 1": deep(
        "optimizer", {"sgd": {"learningRate": 1, "momentum": 1}}, "sgd.momentum in body should be less than 1"
    ),
    "nesterov without momentum": deep("optimizer", {"sgd": {"learningRate": 1, "nesterov": True}}, NEEDS_MOMENTUM),
    "one beta": deep("optimizer", {"adam": {"betas": [0.9]}}, "adam.betas in body should have at least 2 items"),
    "three betas": deep("optimizer", {"adam": {"betas": [0.9] * 3}}, "betas: Too many: 3"),
    "a beta of 1": deep("optimizer", {"adam": {"betas": [0.9, 1]}}, "betas[1] in body should be less than 1"),
    "eps of 0": deep("optimizer", {"adam": {"eps": 0}}, "adam.eps in body should be greater than 0"),
    "a negative weight decay": deep(
        "optimizer", {"adamw": {"weightDecay": -1}}, "should be greater than or equal to 0"
    ),
    "smoothed labels of another loss": deep("", {"loss": "mse", "labelSmoothing": 0.1}, SMOOTHING),
    "delta of another loss": deep("delta", 1, "delta belongs to loss: huber; take it out or set that loss"),
    "more than all of a label": deep("labelSmoothing", 1.1, at_most("1", "algorithm.deepLearning.labelSmoothing")),
    "two schedules": deep("schedule", {"linear": {}, "cosine": {}}, "set exactly one of step, exponential, linear"),
    "an empty schedule": deep("schedule", {}, "set exactly one of step, exponential, linear, cosine, oneCycle"),
    "an unknown schedule": deep("schedule", {"poly": {}}, unknown("algorithm.deepLearning.schedule.poly")),
    "a cycle that only rises": deep("schedule", {"oneCycle": {"pctStart": 1}}, "pctStart in body should be less"),
    "a rate that grows": deep("schedule", {"exponential": {"gamma": 1.1}}, "gamma in body should be less than"),
    "two warm-ups": deep("", {"schedule": {"oneCycle": {}}, "warmupSteps": 9}, "take warmupSteps out"),
    "a gradient of no length": deep("maxGradNorm", 0, "maxGradNorm in body should be greater than 0"),
    "no pieces": deep("accumulationSteps", 0, at_least(1, "algorithm.deepLearning.accumulationSteps")),
    "nothing to validate on": deep(
        "earlyStopping", {"validationFraction": 0}, "deepLearning.earlyStopping.validationFraction"
    ),
    "no patience": deep("earlyStopping", {"patience": 0}, at_least(1, "algorithm.deepLearning.earlyStopping.patience")),
    "no epochs": deep("epochs", 0, at_least(1, "algorithm.deepLearning.epochs")),
    "an empty batch": deep("batchSize", 0, at_least(1, "algorithm.deepLearning.batchSize")),
    "too large a batch": deep("batchSize", 10**7 + 1, at_most("10000000", "algorithm.deepLearning.batchSize")),
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

OWN = "algorithm.container reads its data and keeps its model by itself; take out data, output"
CONTAINERS = {
    "data of ours": Case(A_CONTAINER, "spec.data", {"train": {"uri": "builtin://iris"}}, OWN),
    "an output": Case(A_CONTAINER, "spec.output", "pvc://models/iris", OWN),
    "a ledger": Case(A_CONTAINER, "spec.ledger", "pvc://models/ledger", OWN),
    "a seed": Case(A_CONTAINER, "spec.seed", 1, OWN),
    "no image": Case(A_CONTAINER, "spec.algorithm.container", {}, "spec.algorithm.container.image: Required value"),
    "an image of two words": container("image", "a b", "spec.algorithm.container.image in body should match"),
    "no processes": container("processesPerWorker", 0, at_least(1, "algorithm.container.processesPerWorker")),
    "a command in one word": container("command", "torchrun train.py", "must be of type array"),
    "a straggler that nobody times": Case(
        A_CONTAINER, "spec.workers", {"max": 2, "replaceStragglers": True}, "of no use with algorithm.container"
    ),
}

RUN_POLICY = {
    "a negative seed": spec("seed", -1, at_least(0, "seed")),
    "too large a seed": spec("seed", 2**32, at_most("4294967295", "seed")),
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

TABLES = {
    "FAULT 26": FAULT_26_NUMBERS_OF_WORKERS,
    "FAULT 27": FAULT_27_NAMES,
    "FAULT 29": FAULT_29_SHAPES,
    "FAULT 35": FAULT_35_CODE_FOR_DATA,
    "FAULT 36": FAULT_36_PATHS,
    "checkpoints": CHECKPOINTS,
    "families": FAMILIES,
    "svm": SVM_PARAMETERS,
    "gradientDescent": GRADIENT_DESCENT_PARAMETERS,
    "sgd": SGD_PARAMETERS,
    "deepLearning": DEEP_LEARNING_PARAMETERS,
    "data": DATA,
    "containers": CONTAINERS,
    "run policy": RUN_POLICY,
    "machines": MACHINES,
}
CASES = {f"{table}: {name}": case for table, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_refused_with_its_sentence(api: Api, case: Case) -> None:
    """`kubectl create` of each of these fails before anything is stored (FAULTS 26, 27, 29, 35, 36)."""
    job = job_of(case)
    job["metadata"]["namespace"] = "default"

    with pytest.raises(Refused) as refusal:
        api.create(job, DRY_RUN)

    assert refusal.value.code in (400, 422)
    assert case.sentence in refusal.value.message


def test_more_than_the_store_takes_is_refused(api: Api) -> None:
    """Each part may be within its bounds and the whole still too large (FAULTS 29)."""
    for variables in (64, 128):  # more than etcd takes, more than the API server reads
        job = a_job(workers={"template": {"env": [{"name": f"V{n}", "value": "x" * 32_000} for n in range(variables)]}})
        job["metadata"]["namespace"] = "default"

        with pytest.raises(Refused) as refusal:
            api.create(job)

        assert "too large" in refusal.value.message
        assert api.find("TrainingJob", "default", "iris") is None
