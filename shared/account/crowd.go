package account

import (
	"context"
	"sync"

	"convoc/shared/errs"
)

// How many passwords are looked at together, and how many more wait for their turn: at the default cost, 76 MB and some
// seconds of two cores. Whoever comes after them is sent away at once.
const (
	atOnce = 4
	inLine = 60
)

// desk lets a few in together. Its zero value is open.
type desk struct {
	once       sync.Once
	line, seat chan struct{}
}

// enter waits for a seat. Errors: errs.ErrUnavailable when the line is full; ctx's.
func (d *desk) enter(ctx context.Context) (leave func(), err error) {
	d.once.Do(func() {
		d.line, d.seat = make(chan struct{}, atOnce+inLine), make(chan struct{}, atOnce)
	})
	select {
	case d.line <- struct{}{}:
	default:
		return nil, errs.ErrUnavailable
	}
	select {
	case d.seat <- struct{}{}:
		return func() { <-d.seat; <-d.line }, nil
	case <-ctx.Done():
		<-d.line
		return nil, ctx.Err()
	}
}
