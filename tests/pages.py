"How the tests ask the page of the web app, as a client of gradio and as anybody else."
from functools import cache

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

@cache
def plain_http(): # certificates, which nobody here shows, take longer to read than an answer
    from httpx import Client as Http # comes with gradio
    return Http(trust_env=False, verify=False)

def post(url, path, **kw): return plain_http().post(f'{url}gradio_api/{path}', **kw)
def get(url, path='', **kw): return plain_http().get(f'{url}{path}', **kw)
