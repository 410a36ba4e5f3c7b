"""What is refused of `spec.algorithm`: a table a family, each case with the words in which it is."""

from cluster.objects import A_CONTAINER, SGD, SVM
from cluster.tables import Case, Omit, at_least, at_most, container, deep, gradient_descent, sgd, spec, svm, unknown

ONE_FAMILY = (
    'spec.algorithm: Invalid value: "object": set exactly one of gradientDescent, sgd, svm, deepLearning, container'
)
NO_PROBABILITY = "probability: true belongs to loss: hinge or squared_hinge; a number has no class, take it out"
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

FAMILIES = {
    "no family": spec("algorithm", {}, ONE_FAMILY),
    "no algorithm": spec("algorithm", Omit, "set algorithm, to train a model, or model, to predict"),
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
    "an approximation of nothing": svm("approximation", NYSTROM, NO_APPROXIMATION),
    "an approximation without a way": spec("algorithm", {"svm": {"approximation": {}}}, "set exactly one of nystrom"),
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
    "too many centres": svm("approximation", {"nystrom": {"centres": 16385}}, at_most("16384", CENTRES)),
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
OWN = "algorithm.container reads its data and keeps its model by itself; take out data, output"

CONTAINERS = {
    "data of ours": Case(A_CONTAINER, "spec.data", {"train": {"uri": "builtin://iris"}}, OWN),
    "an output": Case(A_CONTAINER, "spec.output", "pvc://models/iris", OWN),
    "a ledger": Case(A_CONTAINER, "spec.ledger", "pvc://models/ledger", OWN),
    "a seed": Case(A_CONTAINER, "spec.seed", 1, OWN),
    "a word for reproducible": Case(A_CONTAINER, "spec.reproducible", "bitwise", OWN),
    "no image": Case(A_CONTAINER, "spec.algorithm.container", {}, "spec.algorithm.container.image: Required value"),
    "an image of two words": container("image", "a b", "spec.algorithm.container.image in body should match"),
    "no processes": container("processesPerWorker", 0, at_least(1, "algorithm.container.processesPerWorker")),
    "a command in one word": container("command", "torchrun train.py", "must be of type array"),
    "a straggler that nobody times": Case(
        A_CONTAINER, "spec.workers", {"max": 2, "replaceStragglers": True}, "of no use with algorithm.container"
    ),
}
