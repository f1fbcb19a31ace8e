"""`python -m wayseal`, and the file that `spark-submit` is given."""

from wayseal.cli import main

if __name__ == "__main__":
    main()
