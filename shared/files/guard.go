package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"convoc/shared/collectivity"
)

// ErrForeign: a key of another collectivité. It is a bug of ours or an attack; nothing was read, written or signed.
var ErrForeign = errors.New("files: key of another tenant")

// Shelves are the files of all collectivités. They are no [Store]: whoever wants files says whose, and is given those and
// no others. The zero Shelves have none.
type Shelves struct {
	// Of gives the store of one collectivité: the same for all of them, or with rights for its keys only.
	Of func(collectivity.ID) Store
	// Watch, when set, is told each key that is asked for, refused ones included, for the tests of the walls.
	Watch func(op string, key Key)
}

// Shared are shelves in one store.
func Shared(s Store) Shelves { return Shelves{Of: func(collectivity.ID) Store { return s }} }

// For gives the store of one collectivité: every key of every call must be below « collectivité/ ».
func (s Shelves) For(id collectivity.ID) Store {
	return &guard{s.Of(id), bound{id, s.Watch}}
}

// Scanner binds a scanner to one collectivité, like its store.
func (s Shelves) Scanner(id collectivity.ID, of Scanner) Scanner {
	return &guardedScanner{of, bound{id, s.Watch}}
}

// bound holds a caller to the keys of one collectivité.
type bound struct {
	id    collectivity.ID
	watch func(op string, key Key)
}

func (b bound) check(op string, key Key) error {
	if b.watch != nil {
		b.watch(op, key)
	}
	if b.id == "" || !strings.HasPrefix(string(key), string(b.id)+"/") && key.Check() == nil { // a malformed one the store refuses
		return fmt.Errorf("%w: %s %s for %q", ErrForeign, op, key, b.id)
	}
	return nil
}

type guard struct {
	store Store
	bound
}

func (g *guard) SignUpload(ctx context.Context, u Upload) (Form, error) {
	if err := g.check("sign upload", u.Key); err != nil {
		return Form{}, err
	}
	return g.store.SignUpload(ctx, u)
}

func (g *guard) SignDownload(ctx context.Context, d Download) (string, error) {
	if err := g.check("sign download", d.Key); err != nil {
		return "", err
	}
	return g.store.SignDownload(ctx, d)
}

func (g *guard) Stat(ctx context.Context, key Key) (Info, error) {
	if err := g.check("stat", key); err != nil {
		return Info{}, err
	}
	return g.store.Stat(ctx, key)
}

func (g *guard) Open(ctx context.Context, key Key) (io.ReadCloser, error) {
	if err := g.check("open", key); err != nil {
		return nil, err
	}
	return g.store.Open(ctx, key)
}

func (g *guard) ReadAt(ctx context.Context, key Key, p []byte, off int64) (int, error) {
	if err := g.check("read", key); err != nil {
		return 0, err
	}
	return g.store.ReadAt(ctx, key, p, off)
}

func (g *guard) Create(ctx context.Context, key Key, r io.Reader) (Info, error) {
	if err := g.check("create", key); err != nil {
		return Info{}, err
	}
	return g.store.Create(ctx, key, r)
}

func (g *guard) Delete(ctx context.Context, key Key) error {
	if err := g.check("delete", key); err != nil {
		return err
	}
	return g.store.Delete(ctx, key)
}

type guardedScanner struct {
	scanner Scanner
	bound
}

func (g *guardedScanner) Scan(ctx context.Context, key Key) (Report, error) {
	if err := g.check("scan", key); err != nil {
		return Report{}, err
	}
	return g.scanner.Scan(ctx, key)
}
