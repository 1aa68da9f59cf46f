"""Asks two servers the same questions with redis-py, and counts the answers, which must be the same."""
import sys
import redis

mirror = dict(unix_socket_path=sys.argv[1])
port = dict(host="127.0.0.1", port=int(sys.argv[2]))
count = 0


def plain(answer):
    """Order means nothing in a set, a hash or a list of names."""
    if isinstance(answer, (set, list, tuple)):
        return sorted((plain(one) for one in answer), key=repr)
    if isinstance(answer, dict):
        return sorted(answer.items())
    return answer


def same(what, a, b):
    global count
    a, b = plain(a), plain(b)
    assert a == b, f"{what}: {a!r} != {b!r}"
    count += 1


for protocol in (2, 3):
    a = redis.Redis(**mirror, protocol=protocol, decode_responses=True)
    b = redis.Redis(**port, protocol=protocol, decode_responses=True, client_name="reader")

    def both(name, *args, **options):
        same((name, args), getattr(a, name)(*args, **options), getattr(b, name)(*args, **options))

    both("ping")
    both("echo", "here")
    both("dbsize")
    for pattern in ("*", "open:*", "trades:buy:???:count", "[bo]*", "none"):
        both("keys", pattern)
    for options in ({}, {"match": "trades:*"}, {"_type": "set"}, {"count": 3}):
        same(options, set(a.scan_iter(**options)), set(b.scan_iter(**options)))
    for name in a.keys() + ["open:none", "open:XYZ/USDT", "nothing"]:
        for question in ("type", "exists", "ttl", "pttl"):
            both(question, name)
        kind = a.type(name)
        if kind != "set":
            for question in ("hgetall", "hkeys", "hvals", "hlen"):
                both(question, name)
            fields = a.hkeys(name) + ["none"]
            both("hmget", name, fields)
            for field in fields[:20] + fields[-1:]:
                both("hget", name, field)
                both("hexists", name, field)
            for options in ({}, {"match": "*1*"}, {"count": 2}):
                same(options, dict(a.hscan_iter(name, **options)), dict(b.hscan_iter(name, **options)))
        if kind != "hash":
            for question in ("smembers", "scard"):
                both(question, name)
            members = list(a.smembers(name)) + ["none"]
            both("smismember", name, members)
            for member in members[:20] + members[-1:]:
                both("sismember", name, member)
            same(name, set(a.sscan_iter(name)), set(b.sscan_iter(name)))
        wrong = {"hash": "smembers", "set": "hgetall"}.get(kind)
        if wrong:
            errors = []
            for server in (a, b):
                for ask in (getattr(server, wrong), server.get):
                    try:
                        ask(name)
                    except redis.ResponseError as why:
                        errors.append(str(why))
            same(name, errors[:2], errors[2:])
            assert len(errors) == 4, errors
    for transaction in (True, False):
        answers = []
        for server in (a, b):
            pipe = server.pipeline(transaction=transaction)
            pipe.smembers("open:set").hgetall("orders").hgetall("balances").get("nothing")
            answers.append([plain(answer) for answer in pipe.execute()])
        same(transaction, *answers)
    for answer in (b.info()["redis_version"], b.client_getname(), b.client_id(), b.command_count()):
        assert answer, answer
    try:
        b.set("a", "b")
        raise SystemExit("a write was not refused")
    except redis.ReadOnlyError:
        pass
print(count, "answers are the same")
