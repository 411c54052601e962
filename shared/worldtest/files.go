package worldtest

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"convoc/shared/files"
)

// memory is a store of documents that keeps them in memory, because a town is made hundreds of times; forms and
// addresses are signed by the real one.
type memory struct {
	files.Store
	now func() time.Time

	mu   sync.Mutex
	kept map[files.Key][]byte
	at   map[files.Key]time.Time
	name map[files.Key]string
}

// Files is an empty store of documents in memory. Nothing is signed: it has no forms and no addresses.
func Files(now func() time.Time) files.Store {
	return &memory{now: now, kept: map[files.Key][]byte{}, at: map[files.Key]time.Time{}, name: map[files.Key]string{}}
}

func (m *memory) Stat(_ context.Context, key files.Key) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, there := m.kept[key]
	if !there {
		return files.Info{}, files.ErrNotFound
	}
	return files.Info{Size: int64(len(raw)), StoredAt: m.at[key], Name: m.name[key]}, nil
}

func (m *memory) Open(_ context.Context, key files.Key) (io.ReadCloser, error) {
	if err := key.Check(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, there := m.kept[key]
	if !there {
		return nil, files.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

func (m *memory) ReadAt(_ context.Context, key files.Key, p []byte, off int64) (int, error) {
	if err := key.Check(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, there := m.kept[key]
	if !there {
		return 0, files.ErrNotFound
	}
	return bytes.NewReader(raw).ReadAt(p, off)
}

func (m *memory) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	if err := key.Check(); err != nil {
		return files.Info{}, err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return files.Info{}, err
	}
	m.mu.Lock()
	_, there := m.kept[key]
	if !there {
		m.kept[key], m.at[key] = raw, m.now()
	}
	m.mu.Unlock()
	if there {
		return files.Info{}, files.ErrExists
	}
	return m.Stat(ctx, key)
}

func (m *memory) Delete(_ context.Context, key files.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, key)
	delete(m.name, key)
	return nil
}
