// Package dirfiles is the store of documents in a directory, with the HTTP handler of the files' own host: browsers
// post signed forms to it and get signed addresses from it, as they would with S3.
//
// A signed form carries a policy: a JSON object {"key","min","max","type","until","redirect","name"} in base64url and its
// HMAC-SHA256. A signed address carries the same kind of object for a download. Nothing is stored about either.
//
// The name that a browser gave to the file « a/b » lies beside it in « a/.b.name »: no key begins with a dot.
package dirfiles

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"convoc/shared/files"
)

// Config says where and how. All fields but AllowOrigin, Stored and Error are needed.
type Config struct {
	Dir         string
	BaseURL     string // public address of the files' host, without a slash at the end
	Secret      []byte // 32 bytes; keys of forms and addresses
	Now         func() time.Time
	AllowOrigin string       // the origin whose pages upload by script; empty: none
	Stored      files.Stored // told of each upload before the browser is answered
	// Error answers a refusal; nil: the code as plain text.
	Error func(w http.ResponseWriter, r *http.Request, status int, code string)
}

// Store is the directory. Make it with New.
type Store struct {
	cfg   Config
	turns *[64]sync.Mutex        // by a hash of the key
	sync  func(dir string) error // makes the names of a directory last; a field, so that a test can see it and make it fail
}

// leftover is how old an unfinished upload of a killed process must be to be removed at the next start.
const leftover = 24 * time.Hour

// New makes the directory if need be, and removes what killed uploads left there.
func New(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg, turns: new([64]sync.Mutex), sync: syncDir}
	if err := os.MkdirAll(s.temp(), 0o700); err != nil {
		return nil, fmt.Errorf("dirfiles: %w", err)
	}
	entries, err := os.ReadDir(s.temp())
	if err != nil {
		return nil, fmt.Errorf("dirfiles: %w", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && cfg.Now().Sub(info.ModTime()) > leftover {
			if err := os.Remove(filepath.Join(s.temp(), e.Name())); err != nil {
				return nil, fmt.Errorf("dirfiles: %w", err)
			}
		}
	}
	return s, nil
}

func (s *Store) temp() string { return filepath.Join(s.cfg.Dir, ".uploads") }

func (s *Store) path(k files.Key) string {
	return filepath.Join(s.cfg.Dir, filepath.FromSlash(string(k)))
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", files.ErrUnavailable, err) }

// Stat tells the size.
func (s *Store) Stat(_ context.Context, key files.Key) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	info, err := os.Stat(s.path(key))
	if missing(err) || (err == nil && !info.Mode().IsRegular()) {
		return files.Info{}, files.ErrNotFound
	}
	if err != nil {
		return files.Info{}, unavailable(err)
	}
	name, err := os.ReadFile(s.namePath(key))
	if err != nil && !missing(err) {
		return files.Info{}, unavailable(err)
	}
	return files.Info{Size: info.Size(), StoredAt: info.ModTime().UTC(), Name: string(name)}, nil
}

// namePath is where the browser's name for a file lies.
func (s *Store) namePath(k files.Key) string {
	dir, last := filepath.Split(s.path(k))
	return filepath.Join(dir, "."+last+".name")
}

// keepName puts the browser's name beside the place of a file that comes, or takes that of the one before away.
func (s *Store) keepName(key files.Key, name string) error {
	if name == "" {
		return s.dropName(key)
	}
	tmp, err := s.receive(strings.NewReader(name))
	if err != nil {
		return err
	}
	return s.place(key, func(string) error { return os.Rename(tmp, s.namePath(key)) })
}

func (s *Store) dropName(key files.Key) error {
	if err := os.Remove(s.namePath(key)); err != nil && !missing(err) {
		return err
	}
	return nil
}

// missing tells whether there is no such file, also because what should be its folder is one.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Open reads a file.
func (s *Store) Open(_ context.Context, key files.Key) (io.ReadCloser, error) {
	f, err := s.open(key)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (s *Store) open(key files.Key) (*os.File, error) {
	if err := key.Check(); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path(key))
	if missing(err) {
		return nil, files.ErrNotFound
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, files.ErrNotFound
	}
	return f, nil
}

// ReadAt reads a part of a file.
func (s *Store) ReadAt(_ context.Context, key files.Key, p []byte, off int64) (int, error) {
	f, err := s.open(key)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = unavailable(err)
	}
	return n, err
}

// Create stores a new file.
func (s *Store) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return files.Info{}, err
	}
	tmp, err := s.receive(r)
	if err != nil {
		return files.Info{}, err
	}
	defer os.Remove(tmp) // after a link, the name in .uploads is not needed any more
	if err := s.place(key, func(path string) error { return os.Link(tmp, path) }); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return files.Info{}, files.ErrExists
		}
		return files.Info{}, unavailable(err)
	}
	return s.Stat(ctx, key)
}

// receive writes r to a temporary file, on the disk when it returns. An error of r itself is returned as it is.
func (s *Store) receive(r io.Reader) (string, error) {
	tmp, err := os.CreateTemp(s.temp(), "up-*")
	if err != nil {
		return "", unavailable(err)
	}
	source := &remember{r: r}
	_, err = io.Copy(tmp, source)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		return tmp.Name(), nil
	}
	if removed := os.Remove(tmp.Name()); removed != nil {
		err = errors.Join(err, removed)
	}
	if source.err != nil {
		return "", source.err
	}
	return "", unavailable(err)
}

// remember keeps the error of a reader apart from those of the disk.
type remember struct {
	r   io.Reader
	err error
}

func (m *remember) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF { // as io.Copy compares it: a wrapped one is no end
		m.err = err
	}
	return n, err
}

// place puts a file at its key and makes that last through a power cut: its name in its folder, and each folder's name
// in the one above, down from Dir.
func (s *Store) place(key files.Key, put func(path string) error) error {
	path := s.path(key)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := put(path); err != nil {
		return err
	}
	for range strings.Count(string(key), "/") + 1 {
		if err := s.sync(dir); err != nil {
			return err
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Delete removes a file.
func (s *Store) Delete(ctx context.Context, key files.Key) error {
	switch _, err := s.Stat(ctx, key); {
	case errors.Is(err, files.ErrNotFound):
		return nil // a folder of files is none
	case err != nil:
		return err
	}
	if err := s.dropName(key); err != nil { // before the file: whoever comes next must not inherit it
		return unavailable(err)
	}
	if err := os.Remove(s.path(key)); err != nil && !missing(err) {
		return unavailable(err)
	}
	return nil
}

// policy is what a signed form allows.
type policy struct {
	Key      files.Key `json:"key"`
	Min      int64     `json:"min"`
	Max      int64     `json:"max"`
	Type     string    `json:"type,omitempty"`
	Until    int64     `json:"until"` // Unix seconds
	Redirect string    `json:"redirect,omitempty"`
	Name     bool      `json:"name,omitempty"` // the browser's name for the file is kept
}

// grant is what a signed address allows.
type grant struct {
	Key        files.Key `json:"key"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Attachment bool      `json:"attachment,omitempty"`
	Until      int64     `json:"until"` // Unix seconds
}

// SignUpload makes the form for one upload.
func (s *Store) SignUpload(_ context.Context, u files.Upload) (files.Form, error) {
	if err := u.Check(); err != nil {
		return files.Form{}, err
	}
	encoded, signature := s.sign("upload", policy{
		u.Key, u.MinSize, u.MaxSize, u.Type, s.cfg.Now().Add(u.Expiry).Unix(), u.Redirect, u.KeepName,
	})
	form := files.Form{URL: s.cfg.BaseURL + "/", Fields: []files.Field{
		{Name: "key", Value: string(u.Key)}, {Name: "policy", Value: encoded}, {Name: "signature", Value: signature},
	}}
	if u.Type != "" {
		form.Fields = append(form.Fields, files.Field{Name: "Content-Type", Value: u.Type})
	}
	return form, nil
}

// SignDownload makes the address for one download.
func (s *Store) SignDownload(_ context.Context, d files.Download) (string, error) {
	if err := d.Check(); err != nil {
		return "", err
	}
	encoded, signature := s.sign("download", grant{
		d.Key, files.SafeName(d.Name), d.Type, d.Attachment, s.cfg.Now().Add(d.Expiry).Unix(),
	})
	return s.cfg.BaseURL + "/" + encoded + "." + signature + "/" + url.PathEscape(files.SafeName(d.Name)), nil
}

// sign writes an object and its signature; purpose keeps forms and addresses from passing for one another.
func (s *Store) sign(purpose string, object any) (encoded, signature string) {
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // texts and numbers only: cannot fail
	}
	encoded = base64.RawURLEncoding.EncodeToString(raw)
	return encoded, s.mac(purpose, encoded)
}

func (s *Store) mac(purpose, encoded string) string {
	mac := hmac.New(sha256.New, s.cfg.Secret)
	mac.Write([]byte(purpose + "\x00" + encoded))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify reads a signed object; false when the signature is not ours, written as we write it.
func (s *Store) verify(purpose, encoded, signature string, into any) bool {
	if !hmac.Equal([]byte(signature), []byte(s.mac(purpose, encoded))) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	return err == nil && json.Unmarshal(raw, into) == nil
}

func (s *Store) expired(until int64) bool { return s.cfg.Now().Unix() > until }

// cutGrant splits the path of a signed address: /<object>.<signature>/<name>.
func cutGrant(path string) (encoded, signature string, ok bool) {
	signed, _, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	encoded, signature, ok = strings.Cut(signed, ".")
	return encoded, signature, ok && found
}
