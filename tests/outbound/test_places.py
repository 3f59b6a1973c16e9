"""Forms of URLs that lead nowhere public, refused before anything is looked up; and those that are good."""

import pytest

from oql.outbound import Forbidden, Outbound, OutboundError
from oql.outbound.places import read_place

FORBIDDEN = """
https://127.0.0.1/
https://127.0.0.1:8443/
https://127.255.255.254/
https://0.0.0.0/
https://0.1.2.3/
https://10.0.0.1/
https://10.255.255.255/
https://100.64.0.1/
https://100.100.100.200/latest/meta-data
https://168.63.129.16/machine
https://169.254.169.254/latest/meta-data
https://169.254.170.2/v2/credentials
https://172.16.0.1/
https://172.31.255.255/
https://192.0.0.1/
https://192.0.0.192/opc/v2
https://192.0.2.1/
https://192.88.99.1/
https://192.168.0.1/
https://192.168.255.255/
https://198.18.0.1/
https://198.19.255.255/
https://198.51.100.7/
https://203.0.113.7/
https://224.0.0.1/
https://239.255.255.250/
https://240.0.0.1/
https://255.255.255.255/
https://127.1/
https://127.0.1/
https://0x7f.1/
https://0x7f000001/
https://0X7F.0.0.1/
https://0x7f.0x0.0x0.0x1/
https://2130706433/
https://017700000001/
https://0177.0.0.1/
https://0177.1/
https://127.0.0.01/
https://127.0.0.0x1/
https://0/
https://00/
https://0x/
https://1/
https://8.8.8.08/
https://134744072/
https://256.256.256.256/
https://1.2.3.4.5/
https://99999999999/
https://127.0.0.1./
https://127.1./
https://2130706433./
https://\uff11\uff12\uff17.0.0.1/
https://127。0。0。1/
https://①②⑦.⓪.⓪.①/
https://ⓛocalhost/
https://LOCALHOST/
https://localhost/
https://localhost./
https://localhost:443/
https://foo.localhost/
https://localhost.localdomain/
https://metadata/
https://metadata.google.internal/computeMetadata/v1
https://METADATA.google.INTERNAL./
https://instance-data.ec2.internal/
https://kubernetes.default.svc.cluster.local/
https://printer.local/
https://router.lan/
https://nas.home/
https://router.home.arpa/
https://1.0.0.127.in-addr.arpa/
https://intranet/
https://wiki.corp/
https://wiki.intranet/
https://db.private/
https://hidden.onion/
https://redis/
https://[::]/
https://[::1]/
https://[0:0:0:0:0:0:0:1]/
https://[::127.0.0.1]/
https://[::7f00:1]/
https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/
https://[::FFFF:10.0.0.1]/
https://[::ffff:169.254.169.254]/
https://[::ffff:8.8.8.8]/
https://[::ffff:0:127.0.0.1]/
https://[64:ff9b::127.0.0.1]/
https://[64:ff9b::7f00:1]/
https://[64:ff9b::10.0.0.1]/
https://[64:ff9b::a9fe:a9fe]/
https://[64:ff9b:1::127.0.0.1]/
https://[64:ff9b:1::1]/
https://[100::1]/
https://[2001::1]/
https://[2001:0:7f00:1::]/
https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/
https://[2001:10::1]/
https://[2001:20::1]/
https://[2001:db8::1]/
https://[2002:7f00:1::]/
https://[2002:a9fe:a9fe::1]/
https://[2002:808:808::1]/
https://[3ffe::1]/
https://[3fff::1]/
https://[5f00::1]/
https://[fc00::1]/
https://[fd00:ec2::254]/latest/meta-data
https://[fe80::1]/
https://[fe80::1%25eth0]/
https://[fe80::1%eth0]/
https://[fec0::1]/
https://[ff02::1]/
https://[2600:1f00::5efe:127.0.0.1]/
https://[2600:1f00::200:5efe:10.0.0.1]/
https://[4000::1]/
https://[::1/
https://::1/
https://[]/
https://[v1.fe80]/
https://[1.2.3.4]/
http://example.com/
ftp://example.com/
file:///etc/passwd
gopher://example.com/_
dict://example.com:11211/
ws://example.com/
javascript://example.com/
data:text/plain,hello
mailto:ada@example.com
//example.com/
/path
example.com
https:example.com
https:/example.com
https:///example.com
https://
https://user@example.com/
https://user:password@example.com/
https://example.com@127.0.0.1/
https://127.0.0.1@example.com/
https://@example.com/
https://example.com:pass@/
https://example.com%2f@127.0.0.1/
https://127.0.0.1%2f.example.com/
https://ex%61mple.com/
https://example.com\\@127.0.0.1/
https:\\\\127.0.0.1/
https://exam ple.com/
https://example.com/a b
https://example.com/\\x
https://.example.com/
https://example..com/
https://example.com../
https://-example.com/
https://example-.com/
https://exa$mple.com/
https://example.com:0/
https://example.com:65536/
https://example.com:99999/
https://example.com:-1/
https://example.com:x/
https://example.com:443:80/
https://example.com:22/
https://example.com:25/
https://example.com:6379/
https://8.8.8.8:53/
https://own.example.com/
https://OWN.example.com./
""".strip().splitlines()
CONTROLS = [
    "https://example.com/\r\nX: 1",
    "https://example.com\n/",
    "https://exa\tmple.com/",
    "https://example.com/\x00",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/\x7f",
    "https://example.com/\ud800",
    "https://\ud800.com/",
    "https://example.com/\u2028",
    "\ufeffhttps://example.com/",
    "https://\u00ad/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 127 + "com/",
    "https://" + "\u00e4" * 400 + ".com/",
    "https://example.com/" + "a" * 8_192,
    "",
]
GOOD = [
    ("https://example.com", "https://example.com/"),
    ("HTTPS://EXAMPLE.com:443/A?b=%20#c", "https://example.com/A?b=%20"),
    ("https://example.com./x", "https://example.com/x"),
    ("https://example.com:8443?q", "https://example.com:8443/?q"),
    ("https://bücher.example.com/ü?ö=ß", "https://xn--bcher-kva.example.com/%C3%BC?%C3%B6=%C3%9F"),
    ("https://example。com/", "https://example.com/"),
    ("https://8.8.8.8/", "https://8.8.8.8/"),
    ("https://172.32.0.1/", "https://172.32.0.1/"),
    ("https://100.128.0.1/", "https://100.128.0.1/"),
    ("https://223.255.255.255/", "https://223.255.255.255/"),
    ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
    ("https://[64:ff9b::808:808]:8443/", "https://[64:ff9b::808:808]:8443/"),
    ("https://_dmarc.example.com/", "https://_dmarc.example.com/"),
    ("https://127.0.0.1.example.com/", "https://127.0.0.1.example.com/"),
    ("https://example.com/@user:x", "https://example.com/@user:x"),
]


@pytest.mark.parametrize("url", FORBIDDEN + CONTROLS)
def test_it_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        Outbound(own=["own.example.com"]).check(url)


def test_there_are_enough_forms() -> None:
    assert len(set(FORBIDDEN + CONTROLS)) > 150


@pytest.mark.parametrize("url", [url for url in FORBIDDEN + CONTROLS if not url.startswith("http://example")])
def test_http_changes_nothing_about_it(url: str) -> None:
    with pytest.raises(Forbidden):
        Outbound(own=["own.example.com"]).check(url.replace("https:", "http:"), plain=True)


@pytest.mark.parametrize(("url", "form"), GOOD)
def test_it_is_taken_in_one_form(url: str, form: str) -> None:
    place = Outbound().check(url)
    assert place.url == form
    assert read_place(form) == place


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/", "expected a URL with https, found http"),
        ("ftp://example.com/", "expected a URL with https or http, found `ftp`"),
        ("https://a:b@example.com/", "a URL with a user or password in it is not allowed; send them in a header"),
        ("https://0x7f.1/", "`0x7f.1` is an address in an odd form; write it as `192.0.2.1`"),
        ("https://[::1]/", "`[::1]` is not a public host; whoever runs the server may allow it"),
        ("https://example.com:25/", "port 25 is not allowed in a URL"),
    ],
)
def test_the_message_says_what_is_wrong(url: str, message: str) -> None:
    with pytest.raises(OutboundError) as refused:
        Outbound().check(url)
    assert refused.value.message == message


ALLOWED = [
    ("127.0.0.1:8080", "http://127.0.0.1:8080/", True),
    ("127.0.0.1:8080", "https://127.0.0.1:8080/", True),
    ("127.0.0.1:8080", "http://127.0.0.1:8081/", False),
    ("127.0.0.1:8080", "http://127.0.0.1/", False),
    ("127.0.0.1:8080", "http://localhost:8080/", False),
    ("127.0.0.1:8080", "http://0x7f.1:8080/", False),
    ("127.0.0.1:8080", "http://u@127.0.0.1:8080/", False),
    ("[::1]:8080", "http://[0:0::1]:8080/", True),
    ("[::1]", "http://[::1]:9/", True),
    ("[::1]", "http://[::2]/", False),
    ("redis", "http://REDIS./", True),
    ("Redis", "http://redis:6379/", True),
    ("hooks.corp", "http://hooks.corp/", True),
    ("hooks.corp", "http://x.hooks.corp/", False),
    ("hooks.corp", "http://xhooks.corp/", False),
    ("*.hooks.corp", "http://x.hooks.corp/", True),
    ("*.hooks.corp", "http://hooks.corp/", False),
    ("*.hooks.corp", "http://a.b.hooks.corp/", False),
    ("*.hooks.corp:81", "http://x.hooks.corp:81/", True),
    ("*.hooks.corp:81", "http://x.hooks.corp/", False),
    ("bücher.corp", "http://xn--bcher-kva.corp/", True),
    (" hooks.corp ", "http://hooks.corp/", True),
]


@pytest.mark.parametrize(("entry", "url", "allowed"), ALLOWED)
def test_operators_allow_hosts(entry: str, url: str, allowed: bool) -> None:
    outbound = Outbound([entry])
    if allowed:
        outbound.check(url)
        return
    with pytest.raises(Forbidden):
        outbound.check(url)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.corp",
        "a.*.corp",
        "**.a.corp",
        "http://a.corp",
        "a.corp/x",
        "a.corp:0",
        "a.corp:70000",
        "::1",
        "u@a.corp",
        "*.1.2.3.4",
        "0x7f.1",
        "10.0.0.0/8",
        "a b",
        "a.corp:",
    ],
)
def test_a_malformed_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="a host such as"):
        Outbound([entry])
