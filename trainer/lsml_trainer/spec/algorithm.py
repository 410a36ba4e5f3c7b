"""What can be learned: the four families, or a program that knows by itself."""

from lsml_trainer.spec.base import Choice
from lsml_trainer.spec.container import Container
from lsml_trainer.spec.deep_learning import DeepLearning
from lsml_trainer.spec.gradient_descent import GradientDescent
from lsml_trainer.spec.sgd import Sgd
from lsml_trainer.spec.svm import Svm


class Algorithm(Choice):
    """What is learned; exactly one family."""

    gradient_descent: GradientDescent | None = None
    """Full-batch gradient descent on a generalised linear model."""
    sgd: Sgd | None = None
    """Stochastic gradient descent on a linear model."""
    svm: Svm | None = None
    """Support vector machine with a linear, polynomial or RBF kernel."""
    deep_learning: DeepLearning | None = None
    """A neural network trained with PyTorch."""
    container: Container | None = None
    """A torchrun program in an image of your own, which brings its own data and keeps its own model."""
