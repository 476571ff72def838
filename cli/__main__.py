"""`python -m realtime_chat.cli`."""

from realtime_chat.cli.main import main

if __name__ == "__main__":
    main()
