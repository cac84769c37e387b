"""What a CRM's API gives, as the files that its preset reads: page by page, resumable, newest rows only."""
