package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Static serves the secretary's pages from files: as they are, with an ETag, asked for again each time. A folder's page
// is index.html; what is not there is 404.html. On AWS the same files lie in a bucket behind CloudFront.
func (s Site) Static(pages fs.FS) http.Handler {
	return withHeaders(s.staticHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "" {
			name = "index.html"
		}
		raw, err := fs.ReadFile(pages, name)
		if err != nil || strings.HasSuffix(name, ".go") {
			s.missing(w, pages)
			return
		}
		sum := sha256.Sum256(raw)
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
		if kind, known := staticTypes[path.Ext(name)]; known {
			w.Header().Set("Content-Type", kind)
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(raw))
	}))
}

// staticTypes do not depend on what the machine has in its tables.
var staticTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json; charset=utf-8",
	".svg":  "image/svg+xml",
	".csv":  "text/csv; charset=utf-8",
	".ico":  "image/x-icon",
	".png":  "image/png",
}

func (s Site) missing(w http.ResponseWriter, pages fs.FS) {
	body, err := fs.ReadFile(pages, "404.html")
	if err != nil {
		http.Error(w, "404", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", staticTypes[".html"])
	w.WriteHeader(http.StatusNotFound)
	write(w, body)
}
