"""What a report shows of a model, against scikit-learn's."""

import numpy as np
from sklearn.metrics import confusion_matrix, roc_curve

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.html_report import details
from lsml_trainer.html_report.details import MOST_SHOWN, class_details, number_details, roc_points
from unit.trainer.test_class_scores import Told, a_problem


class Same:
    """Predicts the first feature."""

    def decision_function(self, x_ND: np.ndarray) -> np.ndarray:
        return x_ND[:, 0]

    predict = decision_function


def test_confusion_and_curves_are_scikit_learns() -> None:
    p_NK, y_N = a_problem(3)
    found = class_details(Told(), [Rows(p_NK[:40], y_N[:40]), Rows(p_NK[40:], y_N[40:])], ("a", "b", "c"))
    np.testing.assert_array_equal(found.confusion_LK[:3], confusion_matrix(y_N, p_NK.argmax(axis=1)))
    assert [curve.label for curve in found.curves] == ["a", "b", "c"]
    theirs = np.column_stack(roc_curve(y_N == 1, p_NK[:, 1], drop_intermediate=False)[:2])
    np.testing.assert_allclose(found.curves[1].points, theirs)


def test_two_classes_have_the_curve_of_the_second() -> None:
    found = class_details(Told(), [Rows(*a_problem(2))], ("no", "yes"))
    assert [curve.label for curve in found.curves] == ["yes"]


def test_many_classes_have_no_curves(monkeypatch: object) -> None:
    classes = tuple(f"class {k}" for k in range(details.MOST_CURVES + 1))
    assert class_details(Told(), [Rows(*a_problem(len(classes)))], classes).curves == ()


def test_pictures_have_a_bounded_number_of_points_and_keep_the_ends() -> None:
    x_ND = np.arange(10_000.0)[:, None]
    found = number_details(Same(), [Rows(x_ND[:7000], x_ND[:7000, 0]), Rows(x_ND[7000:], x_ND[7000:, 0])])
    assert len(found.wanted_N) == MOST_SHOWN
    assert (found.wanted_N[0], found.wanted_N[-1]) == (0.0, 9999.0)
    np.testing.assert_array_equal(found.wanted_N, found.predicted_N)
    points = roc_points(np.arange(10_000.0), np.arange(10_000) % 2 == 0)
    assert (len(points), points[0], points[-1]) == (MOST_SHOWN + 1, (0.0, 0.0), (1.0, 1.0))
