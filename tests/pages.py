"How the tests ask the page of the web app, as a client of gradio and as anybody else."
import numpy as np
from PIL import Image

def file(path):
    from gradio_client import handle_file
    return handle_file(path)

def ask(client, name, *args):
    "The legend and the masks of an answer, for each image in it."
    found = client.predict(*args, api_name=name)
    parts = found if isinstance(found, (list,tuple)) else [found]
    values = [part.get('value') or {} for part in parts if isinstance(part, dict)]
    return [{a['label']:np.asarray(Image.open(a['image']))[...,3]>0 for a in v['annotations']}
        for v in values if 'annotations' in v]

def post(url, path, **kw):
    from httpx import Client as Http # comes with gradio
    with Http(trust_env=False) as c: return c.post(f'{url}gradio_api/{path}', **kw)

def get(url, path='', **kw):
    from httpx import Client as Http
    with Http(trust_env=False) as c: return c.get(f'{url}{path}', **kw)
