"""Random draws that are the same on every machine and in every version of every library."""

import numpy as np
import numpy.typing as npt

from predictive_scoring.sources.simulator.compiled import compiled

MOST = 40  # draws above this are cut off; their chance at the means of this world is nil


@compiled
def mix(z: np.uint64) -> np.uint64:
    """Return 64 well-mixed bits.

    The finaliser of SplitMix64: Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195.
    """
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def stream_of(seed: int, account: int, path: int) -> np.uint64:
    """Return the start of an account's own random stream; path 0 is the history."""
    z = mix(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15))
    z = mix(z ^ (np.uint64(account) * np.uint64(0xD1B54A32D192ED03)))
    return mix(z ^ (np.uint64(path) * np.uint64(0xABC98388FB8FAC03)))


@compiled
def uniform(stream: npt.NDArray[np.uint64]) -> float:
    """Return a draw from [0, 1) with 53 bits."""
    stream[0] = stream[0] + np.uint64(0x9E3779B97F4A7C15)
    return float(mix(stream[0]) >> np.uint64(11)) * 2.0**-53


@compiled
def poisson(stream: npt.NDArray[np.uint64], mean: float) -> int:
    """Return a Poisson draw by inversion; means here are below about ten."""
    below = uniform(stream)
    chance = np.exp(-mean)
    n = 0
    while below >= chance and n < MOST:
        below -= chance
        n += 1
        chance *= mean / n
    return n


@compiled
def pick(stream: npt.NDArray[np.uint64], shares: tuple[float, ...]) -> int:
    """Return an index drawn by shares that add up to 1."""
    u = uniform(stream) - shares[0]
    i = 0
    while u >= 0.0 and i < len(shares) - 1:
        i += 1
        u -= shares[i]
    return i
