// Package queue is the port to the bell: a hint that something may be due. The table is the truth; losing, doubling,
// delaying or reordering every bell may cost time, never a recipient. A bell carries identifiers only.
//
// Adapters are subpackages: memqueue (in process, at least once) and sqsqueue (SQS). queuetest is the suite that every
// adapter passes.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Kind says what may be due.
type Kind string

// The kinds of bells, each named after the function that answers it.
const (
	Dispatch Kind = "dispatch"     // an order is to be frozen, materialised or pumped
	Deliver  Kind = "deliver-mail" // one recipient may have an attempt due
)

// Bell is one hint. Every field but Recipient, Notice and Delay is always set.
type Bell struct {
	Kind         Kind
	Collectivity string
	Convocation  string
	Order        string // the order concerned
	Recipient    string // Deliver only
	Notice       string // Deliver only: a notice to the recipient; empty: the convocation itself

	// Delay is how long the bell is kept before it is answered, up to [MaxDelay]; a queue may round it to whole seconds. It
	// does not travel: who answers sees 0.
	Delay time.Duration
}

// MaxDelay of a bell: SQS keeps no message back for longer.
const MaxDelay = 15 * time.Minute

// Queue rings bells.
type Queue interface {
	// Ring puts bells in the queue, any number of them. An error means that some may not be there; ringing again is
	// harmless. A bell that is rung while the same one is being answered is answered again, afterwards or meanwhile.
	Ring(ctx context.Context, bells ...Bell) error
}

// Handler answers one bell. An error makes the bell come again, and after some times end among the dead letters.
type Handler func(ctx context.Context, b Bell) error

// version is the first field of an encoded bell; another one is refused.
const version = 1

// ErrMalformed: these bytes are no bell of this version.
var ErrMalformed = errors.New("queue: malformed bell")

type wire struct {
	V            int    `json:"v"`
	Kind         Kind   `json:"kind"`
	Collectivity string `json:"collectivity"`
	Convocation  string `json:"convocation"`
	Order        string `json:"order"`
	Recipient    string `json:"recipient,omitempty"`
	Notice       string `json:"notice,omitempty"`
}

// Encode gives the bell as it travels: JSON of version 1.
func (b Bell) Encode() []byte {
	raw, err := json.Marshal(wire{version, b.Kind, b.Collectivity, b.Convocation, b.Order, b.Recipient, b.Notice})
	if err != nil {
		panic(err) // texts only: cannot fail
	}
	return raw
}

// Decode reads an encoded bell. Errors: [ErrMalformed].
func Decode(raw []byte) (Bell, error) {
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return Bell{}, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	known := (w.Kind == Dispatch && w.Notice == "") || (w.Kind == Deliver && w.Recipient != "")
	if w.V != version || !known || w.Collectivity == "" || w.Convocation == "" || w.Order == "" {
		return Bell{}, ErrMalformed
	}
	return Bell{Kind: w.Kind, Collectivity: w.Collectivity, Convocation: w.Convocation, Order: w.Order, Recipient: w.Recipient, Notice: w.Notice}, nil
}
