"""The core: values, wire, client and store. No Textual, no Rich here, ever.

`chat` has the values that everything else passes around, `errors` every failure as a tree.

The way of a prompt: `exchange` runs it and keeps what comes; `client` asks, and asks again;
`wire` makes the body of the request (with `history`, `parameters` and `dialect`) and events of
what comes back; `answer` reads one answer (with `sse`, `shapes` and `pieces`); `reply` makes a
turn of the events.

Around it:
    endpoints: `endpoints`, from `config` and its `config_*`, `environment` and `profiles`;
        their models by `listing`, `model_cache`, `routes` and `hints`.
    keys: `auth` says where one comes from, `auth_flow` gets it, by `oauth`, `databricks_cli` or
        `token_command`.
    requests: `connections` knows all connections, `outgoing` sends, `network`, `tls` and
        `proxies` make them; `failures` and `connection` say what went wrong.
    sessions: `sessions` is the folder, `session_open` one that is open, `session_file` and
        `session_head` the format of its file; each other `session_*` does one thing with it.
        `export` and `importing` are for other programs.
    files besides: `state`, `costs`, `logfile`.
    terminals: `text` has the gate through which every text of others goes to one.
"""
