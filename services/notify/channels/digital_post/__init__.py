"""Digital Post: a MeMo message by SF1601, and the platform's receipts (PKO_PostStatus)."""
