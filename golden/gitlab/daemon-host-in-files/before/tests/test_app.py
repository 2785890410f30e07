import urllib.request
urllib.request.urlopen("http://engine:8080")
