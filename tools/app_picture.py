"""The image of the web app on its page, nbs/images/app.jpg: headless Chromium opens the page, which begins
with an answer, and takes it.

    python tools/app_picture.py [FILE]"""
import io, shutil, sys

from PIL import Image
from playwright.sync_api import sync_playwright

from clippy.app import open_app, serve

def main(path='nbs/images/app.jpg'):
    page = open_app()
    url = serve(page, port=0, wait=False)
    chromium = next(filter(None, map(shutil.which, ('chromium','chromium-browser','google-chrome'))), None)
    if not chromium: sys.exit('There is no chromium, chromium-browser or google-chrome on this machine.')
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        tab = browser.new_page(viewport=dict(width=1280, height=1000))
        tab.goto(url)
        tab.wait_for_selector('#heat img')
        tab.wait_for_timeout(1000) # images settle
        Image.open(io.BytesIO(tab.screenshot())).convert('RGB').save(path, quality=85)
        browser.close()
    page.close(verbose=False)

if __name__=='__main__': main(*sys.argv[1:])
