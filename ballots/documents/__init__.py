"""What of a ballot is printed, posted and exported, as frozen view-models."""
