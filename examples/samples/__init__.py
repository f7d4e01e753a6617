"""The samples of the demo, made at run time from what scikit-image ships and what is drawn here."""
