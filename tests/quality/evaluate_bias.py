"""Prints how often audits are wrong, by simulation, and how right skin tones are read.

    GENCHECK_DATA=… python tests/quality/evaluate_bias.py [--runs N]

False alarms and power (bias_verdicts.py; of many looks: bias_looks.py), coverage and width of the
intervals (bias_coverage.py), sizes, prompts and pairs (bias_relations.py), what corrects for a
classifier's errors (bias_correction.py); skin tones of swatches and rendered heads (bias_tones.py;
end to end: bias_detector.py); of how many photos they are read, where GENCHECK_DATA and a face
model are there (bias_photos.py).
"""

from __future__ import annotations

import argparse
import sys

from bias_correction import print_correction
from bias_coverage import print_coverage
from bias_detector import print_detector
from bias_looks import print_looks
from bias_photos import print_photos
from bias_relations import print_relations
from bias_tones import print_tones
from bias_verdicts import print_verdicts


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="simulated sets a line")
    runs = parser.parse_args().runs
    print_verdicts(runs)
    print_looks(runs)
    print_coverage(runs)
    print_relations(runs)
    print_correction(runs)
    print_tones()
    print_detector()
    return print_photos()


if __name__ == "__main__":
    sys.exit(main())
