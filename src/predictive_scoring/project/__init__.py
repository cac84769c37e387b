"""A project: a folder with params.yaml, dvc.yaml, the stages' scripts, data and models."""
