package store

import (
	"context"
	"encoding/json"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// Order is one order to send: the first sending, or a new one to some recipients.
type Order struct {
	ID     convocation.OrderID
	At     time.Time // when it was given
	By     string    // login
	First  bool      // the sending itself; a resend otherwise
	Who    Who
	Why    convocation.Why
	Only   []convocation.RecipientID // WhoChosen
	Cursor int                       // first order: recipients materialised so far
	Ready  time.Time                 // all recipients know of it
	DoneAt time.Time                 // all recipients have ended
	Walk   Walk
}

// Walk is how far the pump has come among the recipients of an order. The zero Walk: nowhere yet.
type Walk struct {
	Front  Place     // those before it have been rung at least once, or had nothing due
	Ahead  bool      // there are some behind it
	Again  time.Time // when to look at those before it again; zero: at once
	Owner  string    // whose bells those were
	Passed int       // how many those before it are
}

// Place is where a walk through the recipients of a convocation stands. The zero Place is before the first.
type Place struct {
	Shard int
	After string // cursor within the shard; empty: before its first
}

// Before tells whether a place comes before another one.
func (p Place) Before(other Place) bool {
	if p.Shard != other.Shard {
		return p.Shard < other.Shard
	}
	return p.After < other.After
}

// Who says to whom an order goes.
type Who string

// To all (the first sending), to those who have not opened, to those who have not answered, to chosen ones.
const (
	WhoAll    Who = "all"
	WhoUnread Who = "unread"
	WhoSilent Who = "silent" // who was reached and has not answered
	WhoChosen Who = "chosen"
)

func orderAttrs(o Order) table.Attrs {
	a := newAttrs()
	a.time("at", o.At)
	a.text("by", o.By)
	a.bool("first", o.First)
	a.text("who", string(o.Who))
	a.text("why", string(o.Why))
	if len(o.Only) > 0 {
		raw, err := json.Marshal(o.Only)
		if err != nil {
			panic(err) // texts only: cannot fail
		}
		a.bytes("only", raw)
	}
	a.Attrs["cursor"] = table.Int(int64(o.Cursor))
	a.time("ready", o.Ready)
	a.time("done", o.DoneAt)
	return a.Attrs
}

func orderOf(id convocation.OrderID, a table.Attrs) Order {
	o := Order{
		ID: id, At: timeOf(a, "at"), By: a.Text("by"), First: a.Bool("first"), Who: Who(a.Text("who")),
		Why:    convocation.Why(a.Text("why")),
		Cursor: int(a.Int("cursor")), Ready: timeOf(a, "ready"), DoneAt: timeOf(a, "done"),
		Walk: Walk{
			Front: Place{int(a.Int("w_shard")), a.Text("w_after")}, Ahead: a.Bool("w_ahead"), Again: timeOf(a, "w_again"), Owner: a.Text("w_owner"), Passed: int(a.Int("w_passed")),
		},
	}
	if raw := a.Bytes("only"); raw != nil {
		if err := json.Unmarshal(raw, &o.Only); err != nil {
			panic(err) // written by orderAttrs
		}
	}
	return o
}

// Order reads one. Errors: table.ErrNotFound.
func (h *Handle) Order(ctx context.Context, c convocation.ID, id convocation.OrderID) (Order, error) {
	item, err := h.data.Get(ctx, orderKey(h.ID, c, id))
	if err != nil {
		return Order{}, err
	}
	return orderOf(id, item.Attrs), nil
}

// CreateOrder writes a new order with its event; nobody has walked through it yet. Errors: table.ErrCondition when it is there already.
func (h *Handle) CreateOrder(ctx context.Context, c convocation.ID, o Order, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Put(orderKey(h.ID, c, o.ID), orderAttrs(o), table.ItemAbsent()),
		h.event(e),
	)
}

// MoveCursor says how many recipients are materialised. Errors: table.ErrCondition when another dispatcher was faster.
func (h *Handle) MoveCursor(ctx context.Context, c convocation.ID, o convocation.OrderID, from, to int) error {
	_, err := h.data.Write(ctx, table.Update(orderKey(h.ID, c, o),
		[]table.Change{table.Set("cursor", table.Int(int64(to)))}, table.Equals("cursor", table.Int(int64(from)))))
	return err
}

// MarkReady and MarkDone note the order's progress; repeating them changes nothing.
func (h *Handle) MarkReady(ctx context.Context, c convocation.ID, o convocation.OrderID, at time.Time) error {
	return h.markOrder(ctx, c, o, "ready", at)
}

// MarkDone notes that all recipients have ended.
func (h *Handle) MarkDone(ctx context.Context, c convocation.ID, o convocation.OrderID, at time.Time) error {
	return h.markOrder(ctx, c, o, "done", at)
}

// MoveWalk notes how far the pump has come. Two pumps at once: the last one stays, and rings some again.
func (h *Handle) MoveWalk(ctx context.Context, c convocation.ID, o convocation.OrderID, w Walk) error {
	_, err := h.data.Write(ctx, table.Update(orderKey(h.ID, c, o), []table.Change{
		table.Set("w_shard", table.Int(int64(w.Front.Shard))), setText("w_after", w.Front.After), setTime("w_again", w.Again),
		table.Set("w_ahead", table.Bool(w.Ahead)), setText("w_owner", w.Owner),
		table.Set("w_passed", table.Int(int64(w.Passed))),
	}, table.ItemPresent()))
	return err
}

func (h *Handle) markOrder(ctx context.Context, c convocation.ID, o convocation.OrderID, attr string, at time.Time) error {
	_, err := h.data.Write(ctx, table.Update(orderKey(h.ID, c, o),
		[]table.Change{table.SetIfAbsent(attr, timeValue(at))}, table.ItemPresent()))
	return err
}
