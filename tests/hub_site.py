"A stand-in for the Hub's data sets, and for the store to which it sends its readers: on loopback, badly behaved."
import hashlib, json, re, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

def serve(handler, **about):
    server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    server.daemon_threads = True
    server.url = f'http://127.0.0.1:{server.server_port}'
    vars(server).update(about)
    threading.Thread(target=server.serve_forever, args=(.02,), daemon=True).start()
    return server

class Quiet(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def answer(self, data=b'', code=200, part=None, **headers):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        for k,v in headers.items(): self.send_header(k.replace('_','-'), str(v))
        self.send_header('Content-Length', len(data))
        self.end_headers()
        cut = part is not None and part<len(data)
        self.close_connection = self.close_connection or cut
        try: self.wfile.write(data[:part] if cut else data)
        except OSError: pass # the other side gave up
    def trouble(self): # is there any, of those that were ordered?
        for i,(pattern,code,headers) in enumerate(self.server.troubles):
            if not re.search(pattern, self.path): continue
            del self.server.troubles[i]
            self.answer({}, code, **headers)
            return True
        self.server.asked.append((unquote(urlsplit(self.path).path), self.headers.get('Range'),
            self.headers.get('Authorization')))

class Hub(Quiet):
    def do_GET(self):
        s,at = self.server,urlsplit(self.path)
        if self.trouble(): return
        if s.token and self.headers.get('Authorization')!=f'Bearer {s.token}':
            return self.answer({}, 401, X_Error_Code='RepoNotFound')
        m = re.fullmatch(r'/(api/)?datasets/([^/]+/[^/]+)/(revision|tree|resolve)/([^/]+)(?:/(.*))?', unquote(at.path))
        if not m or m[2] not in s.repos: return self.answer({}, 404, X_Error_Code='RepoNotFound')
        commits = s.repos[m[2]]
        sha = m[4] if m[4] in commits else s.branches.get((m[2],m[4]))
        if sha is None: return self.answer({}, 404, X_Error_Code='RevisionNotFound')
        if m[3]=='revision': return self.answer(dict(id=m[2], sha=sha))
        if m[3]=='tree': return self.tree(commits[sha], int(parse_qs(at.query).get('cursor', ['0'])[0]), at.path)
        if m[5] not in commits[sha]: return self.answer({}, 404, X_Error_Code='EntryNotFound')
        if not m[5].endswith('.tar'): return self.answer(commits[sha][m[5]])
        s.store.signed += 1 # large files are elsewhere, at an address that holds for a while
        self.answer(b'', 302, Location=f'{s.store.url}/{m[2]}/{sha}/{m[5]}?sign=5ecret{s.store.signed}')
    def tree(self, files, at, path): # two files a page
        names,more = sorted(files)[at:at+2],{}
        if at+2<len(files): more = dict(Link=f'<{self.server.url}{path}?recursive=true&cursor={at+2}>; rel="next"')
        self.answer([self.entry(n, files[n]) for n in names], **more)
    def entry(self, path, data):
        lfs = dict(oid=hashlib.sha256(data).hexdigest(), size=len(data), pointerSize=130)
        found = dict(type='file', path=path, size=len(data), oid=hashlib.sha1(data).hexdigest())
        return found|dict(lfs=lfs) if path.endswith('.tar') else found

class Store(Quiet):
    def do_GET(self):
        if self.trouble(): return
        _,owner,name,sha,path = unquote(urlsplit(self.path).path).split('/', 4)
        data = self.server.spoil(self.server.repos[f'{owner}/{name}'][sha][path])
        at = int(self.headers['Range'][6:-1]) if self.headers['Range'] else 0
        about = dict(Content_Range=f'bytes {at}-{len(data)-1}/{len(data)}') if at else {}
        self.answer(data[at:], 206 if at else 200, self.server.most, **about)

class Site:
    "Hub and store; `commit` puts files there."
    def __init__(self):
        shared = dict(repos={}, branches={}, token='')
        self.store = serve(Store, **shared, asked=[], troubles=[], most=None, signed=0, spoil=lambda data: data)
        self.hub = serve(Hub, **shared, asked=[], troubles=[], store=self.store)
        self.url = self.hub.url
    def commit(self, repo, files, branch='main'): # path -> bytes
        sha = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.hub.repos.setdefault(repo, {})[sha] = files
        self.hub.branches[repo,branch] = sha
        return sha
    def close(self):
        for server in self.hub,self.store:
            server.shutdown()
            server.server_close()
