package files

import (
	"context"
	"io"
)

// Write creates a file from what produce writes: whole or not at all. Errors: those of [Store.Create] and of produce.
func Write(ctx context.Context, s Store, key Key, produce func(w io.Writer) error) (Info, error) {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := produce(w)
		if err == io.EOF { // it would pass for the end of a whole file
			err = io.ErrUnexpectedEOF
		}
		w.CloseWithError(err)
	}()
	info, err := s.Create(ctx, key, r)
	r.CloseWithError(io.ErrClosedPipe) // a producer nobody reads any more ends
	<-done
	return info, err
}
