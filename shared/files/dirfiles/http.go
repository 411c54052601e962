package dirfiles

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"convoc/shared/files"
)

// Limits of a posted form, its file aside.
const (
	maxField  = 64 << 10
	maxFields = 20
	// drained is how much of a refused upload is still read, so that browsers get to see the answer.
	drained = 1 << 20
)

// refusal is why an upload or a download is refused.
type refusal struct {
	status int
	code   string
}

func (r refusal) Error() string { return r.code }

var (
	errMethod    = refusal{http.StatusMethodNotAllowed, "method"}
	errSignature = refusal{http.StatusForbidden, "upload_refused"}
	errExpired   = refusal{http.StatusForbidden, "upload_expired"}
	errForm      = refusal{http.StatusBadRequest, "upload_malformed"}
	errNoFile    = refusal{http.StatusBadRequest, "upload_without_file"}
	errTooSmall  = refusal{http.StatusBadRequest, "upload_empty"}
	errTooLarge  = refusal{http.StatusRequestEntityTooLarge, "upload_too_large"}
	errType      = refusal{http.StatusForbidden, "upload_type"}
	errSlow      = refusal{http.StatusRequestTimeout, "upload_slow"}
	errDownload  = refusal{http.StatusForbidden, "download_expired"}
	errMissing   = refusal{http.StatusNotFound, "not_found"}
	errStore     = refusal{http.StatusServiceUnavailable, "unavailable"}
)

// ServeHTTP answers the files' host.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if strings.HasPrefix(s.cfg.BaseURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	if s.cfg.AllowOrigin != "" && r.Header.Get("Origin") == s.cfg.AllowOrigin {
		h.Set("Access-Control-Allow-Origin", s.cfg.AllowOrigin)
		h.Set("Vary", "Origin")
	}
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		err = s.download(w, r)
	case http.MethodPost:
		err = s.upload(w, r)
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "POST")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, POST, OPTIONS")
		err = errMethod
	}
	if err != nil {
		s.refuse(w, r, err)
	}
}

func (s *Store) refuse(w http.ResponseWriter, r *http.Request, err error) {
	why := errStore
	errors.As(err, &why)
	if s.cfg.Error != nil {
		s.cfg.Error(w, r, why.status, why.code)
		return
	}
	http.Error(w, why.code, why.status)
}

func (s *Store) download(w http.ResponseWriter, r *http.Request) error {
	encoded, signature, ok := cutGrant(r.URL.Path)
	var g grant
	if !ok || !s.verify("download", encoded, signature, &g) || s.expired(g.Until) {
		return errDownload
	}
	f, err := s.open(g.Key)
	if errors.Is(err, files.ErrNotFound) {
		return errMissing
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", g.Type)
	h.Set("Content-Disposition", files.Disposition(g.Attachment, g.Name))
	if g.Attachment {
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	} else {
		// a sandbox would keep the browser's own viewer from showing a PDF
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'none'")
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

// upload takes one form: its fields, then its file as the last part. The file is read only as far as it may be long.
func (s *Store) upload(w http.ResponseWriter, r *http.Request) error {
	form, err := r.MultipartReader()
	if err != nil {
		return errForm
	}
	p, part, err := s.fields(form)
	if err != nil {
		drain(r.Body)
		return err
	}
	tmp, err := s.taken(p, part)
	if err != nil {
		drain(r.Body)
		return err
	}
	defer s.one(p.Key)()
	info, err := s.keep(r.Context(), p, part.FileName(), tmp)
	if err != nil {
		return err
	}
	if s.cfg.Stored != nil {
		// a browser that has gone away meanwhile does not take back what it has sent
		if err := s.cfg.Stored(context.WithoutCancel(r.Context()), p.Key, info); err != nil {
			return err
		}
	}
	if p.Redirect != "" {
		w.Header().Set("Location", p.Redirect)
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, drained) }

// fields reads the form up to its file, and checks what it allows.
func (s *Store) fields(form *multipart.Reader) (policy, *multipart.Part, error) {
	values := map[string]string{}
	for range maxFields {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return policy{}, nil, errNoFile
		}
		if err != nil {
			return policy{}, nil, broken(err)
		}
		if part.FormName() == "file" {
			p, err := s.allowed(values)
			return p, part, err
		}
		raw, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(raw) > maxField {
			return policy{}, nil, broken(err)
		}
		values[part.FormName()] = string(raw)
	}
	return policy{}, nil, errForm
}

// broken is why a form was not read to its end: too slow, or it ends in the middle.
func broken(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return errForm
}

func (s *Store) allowed(values map[string]string) (policy, error) {
	var p policy
	switch {
	case !s.verify("upload", values["policy"], values["signature"], &p) || values["key"] != string(p.Key) || p.Key.Check() != nil:
		return p, errSignature
	case s.expired(p.Until):
		return p, errExpired
	case p.Type != "" && values["Content-Type"] != p.Type:
		return p, errType
	}
	return p, nil
}

// taken reads the file of a form to its end, into a file of its own.
func (s *Store) taken(p policy, part *multipart.Part) (tmp string, err error) {
	tmp, err = s.receive(&bounded{r: part, left: p.Max})
	switch {
	case errors.Is(err, errTooLarge):
		return "", errTooLarge
	case errors.Is(err, files.ErrUnavailable):
		return "", err
	case err != nil:
		return "", broken(err)
	}
	info, err := os.Stat(tmp)
	if err == nil && info.Size() < p.Min {
		err = errTooSmall
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(tmp))
	}
	return tmp, nil
}

// keep stores what was taken under the key of the policy, with its name.
func (s *Store) keep(ctx context.Context, p policy, name, tmp string) (files.Info, error) {
	err := s.keepName(p.Key, p.kept(name))
	if err == nil {
		err = s.place(p.Key, func(path string) error { return os.Rename(tmp, path) })
	}
	if err != nil {
		return files.Info{}, errors.Join(err, os.Remove(tmp))
	}
	return s.Stat(ctx, p.Key)
}

// one lets one upload at a time end under a key: of two by the same form, the file of one would else get the name of the
// other, and be told of as the other. It returns what lets the next one in.
func (s *Store) one(key files.Key) (done func()) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key))
	turn := &s.turns[sum.Sum32()%uint32(len(s.turns))]
	turn.Lock()
	return turn.Unlock
}

// kept is the name that stays with a file.
func (p policy) kept(sent string) string {
	if !p.Name {
		return ""
	}
	return files.UploadedName(sent)
}

// bounded reads no more than it may.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
