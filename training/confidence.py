"""Fits the show-or-not decision: a logistic over `engine.postprocess.confidence.FEATURES`, from held-out answers.

A case is a point at which an answer may be cut and which the filters leave as it is: what would be shown there is
right, or is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.evaluate.accuracy import ModelAnswer, is_right
from engine.postprocess import Draft, NothingToShow, Surroundings, apply_filters
from engine.postprocess.confidence import FEATURES, LEAST_LOG_PROB, MIN_SHOWN_CHARS, Estimator, cut_points

RIDGE = 1.0
MAX_STEPS = 50
BINS = 10


def cases(answers: Sequence[ModelAnswer]) -> Iterator[tuple[tuple[float, ...], bool]]:
    """Yield (features, whether it is right) for each point at which something would be shown."""
    for answer in answers:
        truth = answer.position.rest_of_line + answer.position.lines_below
        cursor = answer.position.request.cursor
        surroundings = Surroundings(cursor)
        estimator = Estimator(cursor, answer.mode, {})
        for point in cut_points(answer.generated, answer.mode):
            if point.log_prob < LEAST_LOG_PROB or len("".join(point.text.split())) < MIN_SHOWN_CHARS:
                continue
            try:
                text = apply_filters(Draft(point.text, surroundings, answer.mode)).text
            except NothingToShow:
                continue
            if text == point.text.rstrip():
                yield estimator.features(point), is_right(text, truth)


def fit(answers: Sequence[ModelAnswer]) -> dict[str, float]:
    """Return weights by feature: the ridge-penalised maximum of the likelihood, by Newton's method."""
    found = list(cases(answers))
    features, right = np.array([case[0] for case in found]), np.array([case[1] for case in found], float)
    weights = np.zeros(len(FEATURES))
    for _ in range(MAX_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (right - likely) - RIDGE * weights
        curvature = (features * (likely * (1 - likely))[:, None]).T @ features + RIDGE * np.eye(len(FEATURES))
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return {name: round(float(weight), 3) for name, weight in zip(FEATURES, weights, strict=True)}


def calibration(answers: Sequence[ModelAnswer], weights: Mapping[str, float]) -> list[dict[str, float]]:
    """Return the estimates and the shares that were right, in bins of the estimate."""
    found = list(cases(answers))
    total = np.array([case[0] for case in found]) @ np.array([weights[name] for name in FEATURES])
    estimated, right = 1 / (1 + np.exp(-total)), np.array([case[1] for case in found], float)
    rows = []
    for at in range(BINS):
        inside = (estimated >= at / BINS) & (estimated < (at + 1) / BINS)
        if inside.any():
            row = {"estimated": float(estimated[inside].mean()), "right": float(right[inside].mean())}
            rows.append({**{key: round(value, 3) for key, value in row.items()}, "cases": int(inside.sum())})
    return rows
