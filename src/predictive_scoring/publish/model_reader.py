"""The child process of `model_probe`: a program, not a module; it imports nothing but Python's own.

Arguments: LightGBM's library, the model's file, rows, columns, seconds, bytes. Rows come on standard input, as float64.
"""

import ctypes
import resource
import sys

_RAW_SCORE, _FLOAT64 = 1, 1  # LightGBM's C interface: C_API_PREDICT_RAW_SCORE, C_API_DTYPE_FLOAT64


def _read_and_score(library_path: str, model: str, n_rows: int, n_columns: int) -> None:
    lightgbm = ctypes.CDLL(library_path)
    lightgbm.LGBM_GetLastError.restype = ctypes.c_char_p
    read = lightgbm.LGBM_BoosterCreateFromModelfile
    handle, n_iterations = ctypes.c_void_p(), ctypes.c_int(0)
    _check(lightgbm, read(model.encode(), ctypes.byref(n_iterations), ctypes.byref(handle)))
    n_wanted = ctypes.c_int(0)
    _check(lightgbm, lightgbm.LGBM_BoosterGetNumFeature(handle, ctypes.byref(n_wanted)))
    if n_wanted.value != n_columns:
        raise SystemExit(f"the model takes {n_wanted.value} columns, its encoding makes {n_columns}")
    rows = sys.stdin.buffer.read(n_rows * n_columns * 8)
    scores, n_scores = (ctypes.c_double * n_rows)(), ctypes.c_int64(0)
    _check(
        lightgbm,
        lightgbm.LGBM_BoosterPredictForMat(
            handle, rows, ctypes.c_int(_FLOAT64), ctypes.c_int32(n_rows), ctypes.c_int32(n_columns), ctypes.c_int(1),
            ctypes.c_int(_RAW_SCORE), ctypes.c_int(0), ctypes.c_int(-1), b"num_threads=1", ctypes.byref(n_scores),
            scores,
        ),
    )  # fmt: skip
    if n_scores.value != n_rows:
        raise SystemExit(f"the model gives {n_scores.value} scores for {n_rows} rows")


def _check(lightgbm: ctypes.CDLL, code: int) -> None:
    if code:
        raise SystemExit(lightgbm.LGBM_GetLastError().decode(errors="replace"))


if __name__ == "__main__":
    n_rows, n_columns, seconds, n_bytes = map(int, sys.argv[3:])
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    _read_and_score(sys.argv[1], sys.argv[2], n_rows, n_columns)
