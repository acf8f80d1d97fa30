"""Fits the show-or-not decision: a logistic over `engine.postprocess.confidence.SIGNS`, on answers to held-out cursors.

A case is a border at which an answer may be cut and which the filters leave as it is: what would be shown there is
right, or is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.evaluate.accuracy import Answer, is_right
from engine.postprocess import Draft, Silent, Surroundings, apply_filters
from engine.postprocess.confidence import LEAST_LOG_PROB, MIN_SHOWN_CHARS, SIGNS, Estimate, borders

RIDGE = 1.0
MAX_STEPS = 50
BINS = 10


def cases(answers: Sequence[Answer]) -> Iterator[tuple[tuple[float, ...], bool]]:
    """(signs, whether it is right) of each border at which something would be shown."""
    for answer in answers:
        truth = answer.position.rest_of_line + answer.position.lines_below
        cursor = answer.position.request.cursor
        surroundings = Surroundings(cursor)
        estimate = Estimate(cursor, answer.mode, {})
        for border in borders(answer.generated, answer.mode):
            if border.log_prob < LEAST_LOG_PROB or len("".join(border.text.split())) < MIN_SHOWN_CHARS:
                continue
            try:
                text = apply_filters(Draft(border.text, surroundings, answer.mode)).text
            except Silent:
                continue
            if text == border.text.rstrip():
                yield estimate.signs(border), is_right(text, truth)


def fit(answers: Sequence[Answer]) -> dict[str, float]:
    """Weights by sign: the ridge-penalised maximum of the likelihood, by Newton's steps."""
    found = list(cases(answers))
    signs, right = np.array([case[0] for case in found]), np.array([case[1] for case in found], float)
    weights = np.zeros(len(SIGNS))
    for _ in range(MAX_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(signs @ weights, -30, 30)))
        slope = signs.T @ (right - likely) - RIDGE * weights
        curvature = (signs * (likely * (1 - likely))[:, None]).T @ signs + RIDGE * np.eye(len(SIGNS))
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return {name: round(float(weight), 3) for name, weight in zip(SIGNS, weights, strict=True)}


def calibration(answers: Sequence[Answer], weights: Mapping[str, float]) -> list[dict[str, float]]:
    """What was estimated against what came true, in bins of the estimate."""
    found = list(cases(answers))
    total = np.array([case[0] for case in found]) @ np.array([weights[name] for name in SIGNS])
    estimated, right = 1 / (1 + np.exp(-total)), np.array([case[1] for case in found], float)
    rows = []
    for at in range(BINS):
        inside = (estimated >= at / BINS) & (estimated < (at + 1) / BINS)
        if inside.any():
            row = {"estimated": float(estimated[inside].mean()), "right": float(right[inside].mean())}
            rows.append({**{key: round(value, 3) for key, value in row.items()}, "cases": int(inside.sum())})
    return rows
