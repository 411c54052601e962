package dispatch

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/store"
	"convoc/shared/table"
)

// walk is a way through the recipients of one order, or to the one notice of an entry, that settles those it passes and
// says who is due. It may stop anywhere. The front is how far orders have been rung for: those behind it are looked at
// again once it is time to, those ahead of it as slots allow.
type walk struct {
	p     *pump
	entry store.AgendaEntry
	twins []store.AgendaEntry // the same entry with other times
	h     *store.Handle
	c     convocation.Convocation
	order store.Order // zero for a notice

	behind, ahead cursor
	notice        bool
	over          bool // the order has ended, or is gone
	failed        bool // a store did not answer: nothing is concluded

	open   int                // of those looked at, who have not ended
	unrung bool               // somebody behind the front is due, and was not rung
	rung   int                // by this pass
	under  int                // calls that are under way
	last   time.Duration      // delay of the last bell
	next   time.Time          // when the earliest of those who wait is due; zero: nobody does
	counts convocation.Counts // of those looked at
}

// walk begins to look at what an entry is about.
func (p *pump) walk(ctx context.Context, e store.AgendaEntry) (*walk, error) {
	w := &walk{p: p, entry: e, h: p.Tables.Collectivity(e.Collectivity)}
	if e.What == store.DueNotice {
		return w, w.toNotice(ctx)
	}
	var err error
	if w.order, err = w.h.Order(ctx, e.Convocation, e.Order); err == nil {
		w.c, err = w.h.Convocation(ctx, e.Convocation)
	}
	if errors.Is(err, table.ErrNotFound) || (err == nil && !w.order.DoneAt.IsZero()) {
		w.over = true
		return w, nil
	}
	at := w.order.Walk
	w.ahead = cursor{at: at.Front, shards: w.c.Shards}
	if w.behindIsDue() {
		w.behind = cursor{shards: w.c.Shards, until: at.Front, bounded: true}
	} else {
		w.behind.done = true
		w.wait(at.Again)
	}
	return w, err
}

// behindIsDue tells whether those behind the front are to be looked at. The bells of a process that died are lost; a time
// further ahead than any was written by a clock that has been set back since.
func (w *walk) behindIsDue() bool {
	at := w.order.Walk
	wait := at.Again.Sub(w.p.now)
	return at.Front != store.Place{} && (wait <= 0 || wait > LookAgain+Skew || (at.Owner != "" && w.p.dead(at.Owner)))
}

// toNotice reads the one notice of an entry. It is written just after its entry.
func (w *walk) toNotice(ctx context.Context) error {
	ref, ok := store.ParseRecipientOrder(w.entry.Convocation, w.entry.Order)
	if !ok {
		return errors.New("dispatch: a notice that nobody can name")
	}
	n, err := w.h.Recipient(ctx, ref)
	w.notice, w.behind.done = true, true
	switch {
	case errors.Is(err, table.ErrNotFound) && w.p.now.Sub(w.entry.Due) < orphan:
		w.ahead.done, w.open = true, 1
		w.wait(w.entry.Due) // as it stands: its age is known, and each pass looks again
	case errors.Is(err, table.ErrNotFound):
		w.over = true
	case err != nil:
		return err
	default:
		w.c.ID = w.entry.Convocation
		w.ahead = cursor{page: []convocation.Recipient{n}, end: true}
	}
	return nil
}

// wait notes when somebody is due.
func (w *walk) wait(until time.Time) {
	if w.next.IsZero() || until.Before(w.next) {
		w.next = until
	}
}

// held tells whether the secretary has suspended the sending.
func (w *walk) held() bool { return !w.c.PausedAt.IsZero() }

// ends tells whether nobody of the order is written to any more.
func (w *walk) ends() bool {
	restored := w.p.state.RestoredAt
	return !w.notice && (!w.c.StoppedAt.Before(w.order.At) || (!restored.IsZero() && !restored.Before(w.order.At)))
}

// ring rings for the next one who is due; false when there is nobody, or no slot for her.
func (w *walk) ring(ctx context.Context) (bool, error) {
	if w.over || w.failed || w.held() {
		return false, nil
	}
	r, ok, err := w.seek(ctx, &w.behind)
	if err == nil && !ok {
		r, ok, err = w.seek(ctx, &w.ahead)
	}
	if err != nil || !ok {
		return false, err
	}
	in, free := w.p.slots.next(w.notice || w.order.Walk == store.Walk{})
	if !free {
		w.leave(r)
		return false, nil
	}
	b := bellOf(w.h, w.c.ID, r)
	b.Delay = in
	w.p.bells = append(w.p.bells, b)
	w.rung++
	w.last = in
	return true, nil
}

// leave lets a recipient wait for the next pass for lack of a slot.
func (w *walk) leave(r convocation.Recipient) {
	if !w.behind.done {
		w.unrung = true
		return
	}
	w.open--
	w.ahead.back(r)
}

// finish looks at those that nobody was rung for, for lack of slots: what nobody knows about is settled although nothing
// may leave, and so is what is not to leave at all.
func (w *walk) finish(ctx context.Context) error {
	for !w.over && !w.failed && !w.behind.done {
		_, due, err := w.seek(ctx, &w.behind)
		if err != nil {
			return err
		}
		w.unrung = w.unrung || due
	}
	for !w.over && !w.failed && w.ends() && !w.ahead.done {
		if _, _, err := w.seek(ctx, &w.ahead); err != nil {
			return err
		}
	}
	return nil
}

// seek goes on to the next recipient who is due, and settles those on the way; false at the end.
func (w *walk) seek(ctx context.Context, c *cursor) (convocation.Recipient, bool, error) {
	for !c.done {
		r, ok, err := c.read(ctx, w.h, w.c.ID)
		if err != nil {
			w.failed = true
			return r, false, err
		}
		if !ok {
			break
		}
		w.counts.Count(r, w.p.now)
		if r.Order != w.order.ID && !w.notice {
			continue
		}
		due, err := w.needs(ctx, r)
		if err != nil {
			w.failed = true
			return r, false, err
		}
		if due {
			return r, true, nil
		}
	}
	return convocation.Recipient{}, false, nil
}

// needs decides what one recipient needs now, and tells whether somebody is to be rung for her.
func (w *walk) needs(ctx context.Context, r convocation.Recipient) (bool, error) {
	now := w.p.now
	standing := standing(r, now)
	if standing.Status.Terminal() {
		return false, nil
	}
	calling := standing.Status == convocation.Calling
	dead := calling && (!now.Before(standing.Due) || w.p.dead(r.Attempts[len(r.Attempts)-1].Owner))
	if ended, err := w.end(ctx, r, standing, calling && !dead); ended || err != nil {
		return false, err
	}
	w.open++
	switch {
	case dead:
		w.wait(now)
		return false, w.p.lose(ctx, w.h, w.c.ID, r, r.Attempts[len(r.Attempts)-1], now)
	case calling:
		w.under++
	case standing.Status == convocation.Unknown:
		if err := w.p.prove(ctx, w.h, w.c.ID, r, r.Attempts[len(r.Attempts)-1]); err != nil {
			return false, err
		}
	case !now.Before(standing.Due):
		return true, nil
	}
	w.wait(standing.Due)
	return false, nil
}

// end ends what is to be tried no more: the sending was cancelled, or the data are a backup's and the mail may have left
// since. What is under way comes to its end first.
func (w *walk) end(ctx context.Context, r convocation.Recipient, standing convocation.Standing, calling bool) (bool, error) {
	restored := w.p.state.RestoredAt
	switch {
	case calling:
		return false, nil
	case !restored.IsZero() && !restored.Before(r.OrderAt):
		if n := len(r.Attempts); n > 0 {
			if err := w.p.prove(ctx, w.h, w.c.ID, r, r.Attempts[n-1]); err != nil {
				return false, err
			}
		}
		return true, w.h.Misgive(ctx, r.Ref(w.c.ID), restored)
	case !w.notice && !w.c.StoppedAt.Before(r.OrderAt) && r.StoppedAt.Before(r.OrderAt):
		if err := w.h.Stop(ctx, r.Ref(w.c.ID), w.c.StoppedAt); err != nil {
			return false, err
		}
		return standing.Status != convocation.Unknown && standing.Status != convocation.Calling, nil // which settle first
	}
	return false, nil
}

// watch is how often an order is looked at, at least: what the secretary does to it is seen then. To look at a large one
// takes longer.
func (w *walk) watch() time.Duration {
	if w.c.Large() {
		return Watch
	}
	return min(Watch, 3*w.p.ahead())
}

// again is when to look again.
func (w *walk) again() time.Time {
	at := w.p.now.Add(w.watch())
	if !w.next.IsZero() && w.next.Before(at) {
		at = w.next
	}
	switch busy := w.rung + w.under; {
	case w.held(), w.p.state.Why != "":
		return w.p.now.Add(w.watch())
	case w.unrung, !w.ahead.done:
		return w.p.now
	case busy > 0: // soon, when the answers may be there
		soon := w.p.now.Add(w.last + min(max(time.Duration(busy)*20*time.Millisecond, 2*time.Second), Watch))
		if soon.Before(at) {
			return soon
		}
	}
	return at
}

// progress is how far the walk has come, for the next pass.
func (w *walk) progress() store.Walk {
	next := store.Walk{Front: w.ahead.at, Ahead: !w.ahead.done, Owner: w.p.Owner, Again: w.next, Passed: w.order.Walk.Passed + w.ahead.passed}
	switch {
	case w.unrung, w.held(), w.p.state.Why != "", w.ahead.done:
		next.Again = w.p.now
	case w.rung > 0 && (next.Again.IsZero() || next.Again.After(w.p.now.Add(LookAgain))), next.Again.IsZero():
		next.Again = w.p.now.Add(LookAgain)
	}
	return next
}

// move notes what came of a look: the order has ended, or when it is looked at again. What was written twice goes last:
// a pump that is slower than its lease may have written one of the two, and still take the other away.
func (w *walk) move(ctx context.Context) error {
	agenda := w.p.Tables.AgendaHandle()
	again, err := w.conclude(ctx)
	if err != nil {
		return err
	}
	if again.IsZero() {
		err = agenda.Done(ctx, w.entry)
	} else {
		err = agenda.Move(ctx, w.entry, again)
	}
	for _, t := range w.twins {
		if err == nil && !t.Due.Equal(again.Truncate(time.Millisecond)) {
			err = agenda.Done(ctx, t)
		}
	}
	return err
}

// conclude notes how far the walk has come, or that its order has ended, and says when to look again; the zero time when
// there is nothing more to do.
func (w *walk) conclude(ctx context.Context) (time.Time, error) {
	whole := w.ahead.done && (w.behind.bounded || w.order.Walk.Front == store.Place{} || w.notice)
	if whole && !w.over && !w.failed && w.c.Large() {
		if err := w.h.PutTotals(ctx, w.c.ID, store.Totals{At: w.p.now, Counts: w.counts}); err != nil {
			return time.Time{}, err
		}
	}
	switch {
	case w.over:
		return time.Time{}, nil
	case w.failed:
		return w.p.now.Add(Watch), nil
	case whole && w.open == 0:
		if w.notice {
			return time.Time{}, nil
		}
		err := w.p.end(ctx, w.h, w.c, w.order, w.counts.ChangedAt)
		if err != nil {
			err = errors.Join(err, w.p.Tables.AgendaHandle().Move(ctx, w.entry, w.p.now.Add(Watch)))
		}
		return time.Time{}, err
	case w.notice:
		return w.again(), nil
	}
	return w.again(), w.h.MoveWalk(ctx, w.c.ID, w.order.ID, w.progress())
}

// cursor reads recipients page by page, shard after shard. Its zero value is at the end.
type cursor struct {
	at      store.Place // after the last one that was read
	shards  int
	until   store.Place // the last one to read, where bounded
	bounded bool

	page   []convocation.Recipient
	end    bool        // of the shard, after the page
	before store.Place // where it was before the last one
	passed int         // recipients read
	done   bool
}

// read gives the next recipient; false at the end.
func (c *cursor) read(ctx context.Context, h *store.Handle, id convocation.ID) (convocation.Recipient, bool, error) {
	for len(c.page) == 0 {
		if c.end {
			c.at, c.end = store.Place{Shard: c.at.Shard + 1}, false
		}
		if c.at.Shard >= c.shards {
			c.done = true
			return convocation.Recipient{}, false, nil
		}
		page, next, err := h.RecipientsAfter(ctx, id, c.at)
		if err != nil {
			return convocation.Recipient{}, false, err
		}
		if c.page, c.end = page, next == ""; len(page) == 0 && !c.end {
			c.at.After = next
		}
	}
	r := c.page[0]
	if c.bounded && c.until.Before(store.PlaceOf(r)) {
		c.done = true
		return convocation.Recipient{}, false, nil
	}
	c.before, c.page, c.at, c.passed = c.at, c.page[1:], store.PlaceOf(r), c.passed+1
	return r, true, nil
}

// back takes the last one that was read back.
func (c *cursor) back(r convocation.Recipient) {
	c.at, c.passed, c.page = c.before, c.passed-1, append([]convocation.Recipient{r}, c.page...)
}
