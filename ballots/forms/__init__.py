"""What people type into a ballot's pages."""
