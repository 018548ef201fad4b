"""What people do with the model: runs, studies, figures, reports and the command line."""
