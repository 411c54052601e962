package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/table"
)

// claimed, lost and arrived bring Jean's first attempt so far.
func claimed(w *town) { w.claim() }

func lost(w *town) {
	w.claim()
	w.must(w.h.Lose(w.ctx(), toJean, 1, "owner", "timeout", minute(5), minute(20)))
}

func arrived(w *town) {
	w.claim()
	w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(4)))
}

// full gives Jean as many attempts as are kept in full: the first was accepted, the others are of a new order.
func full(w *town) {
	arrived(w)
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(3)}))
	for n := 2; n <= convocation.MaxAttempts; n++ {
		w.claim()
		w.must(w.h.Refuse(w.ctx(), toJean, n, "owner", "mailbox_full", false, minute(2+n), minute(3+n)))
	}
	w.seen = w.jeanNow()
}

// manyGroups is a list of as many groups as can be, another one for each name.
func manyGroups(name byte) []directory.GroupID {
	var groups []directory.GroupID
	for i := range MaxGroupsOf {
		groups = append(groups, directory.GroupID(fmt.Sprintf("grp_%c%015d", name, i)))
	}
	return groups
}

// manyWords is a name of 30 words, other ones for each letter.
func manyWords(letter byte) string {
	name := ""
	for i := range 30 {
		name += fmt.Sprintf("%c%02d ", letter, i)
	}
	return name
}

// busy is a contact with as many words, addresses and groups as can be.
func busy(letter byte, v int64) directory.Contact {
	addr := func(n int) directory.Address { return directory.Address(fmt.Sprintf("%c%d@x.fr", letter, n)) }
	return directory.Contact{
		ID: ctc2, Version: v, Name: manyWords(letter), Addresses: []directory.Address{addr(1), addr(2)}, CreatedAt: noon, UpdatedAt: noon,
	}
}

var draftReply = convocation.Reply{Version: 1, At: minute(6), Text: "Présent"}

var saved = told(journal.ContactSaved)

// ops are all methods that write.
var ops = slices.Concat(directoryOps, assemblyOps, composeOps, sendOps, attemptOps, hearOps, actOps, noticeOps, replyOps, registerOps, accountOps, agendaOps, pumpOps)

var directoryOps = []op{
	{method: "Handle.PutCollectivity", do: func(ctx context.Context, w *town) error {
		return w.h.PutCollectivity(ctx, collectivity.Collectivity{ID: siren, Name: "Saint-Aubin-d’Écrosville"})
	}},
	{method: "Handle.SaveCollectivity", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		c := collectivity.Collectivity{ID: siren, Name: "Saint-Aubin", Kind: collectivity.Commune}
		return w.h.SaveCollectivity(ctx, 0, c, told(journal.SettingsSaved))
	}},
	{method: "Handle.SaveContact", how: "a new one", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		anne := directory.Contact{ID: ctc2, Version: 1, Name: "Anne", Addresses: []directory.Address{"anne@x.fr"}, CreatedAt: noon}
		return w.h.SaveContact(ctx, directory.Contact{}, anne, nil, []directory.GroupID{grp, grp2}, saved)
	}},
	{method: "Handle.SaveContact", how: "another name, address and group", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		changed := jean
		changed.Version, changed.Name, changed.Addresses = 2, "Jean Durand", []directory.Address{"durand@x.fr"}
		return w.h.SaveContact(ctx, jean, changed, []directory.GroupID{grp}, []directory.GroupID{grp2}, saved)
	}},
	{
		method: "Handle.SaveContact", how: "all words, addresses and groups change at once", again: table.ErrCondition,
		given: func(w *town) {
			w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, busy('a', 1), nil, manyGroups('a')))
		},
		do: func(ctx context.Context, w *town) error {
			return w.h.SaveContact(ctx, busy('a', 1), busy('b', 2), manyGroups('a'), manyGroups('b'), saved)
		},
	},
	{method: "Handle.DeleteContact", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.DeleteContact(ctx, jean, []directory.GroupID{grp}, told(journal.ContactDeleted))
	}},
	{
		method: "Handle.DeleteContact", how: "with as many groups as can be", again: table.ErrCondition,
		given: func(w *town) {
			w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, busy('a', 1), nil, manyGroups('a')))
		},
		do: func(ctx context.Context, w *town) error {
			return w.h.DeleteContact(ctx, busy('a', 1), manyGroups('a'), told(journal.ContactDeleted))
		},
	},
	{method: "Handle.PutImport", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.PutImport(ctx, Import{ID: "imp_bbbbbbbbbbbbbbbb", Name: "b.csv", CreatedAt: noon})
	}},
	{method: "Handle.StepImport", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		done := upload
		done.AppliedAt, done.New = minute(1), 4
		return w.h.StepImport(ctx, upload, done, told(journal.ContactsImported))
	}},
	{method: "Handle.StepImport", how: "without an event", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		begun := upload
		begun.BegunAt = minute(1)
		return w.h.StepImport(ctx, upload, begun)
	}},
	{method: "Handle.ChooseImport", do: func(ctx context.Context, w *town) error {
		chosen := upload
		chosen.Choices.Encoding = "cp850"
		var lines []ImportLine
		for n := range 150 {
			lines = append(lines, ImportLine{Line: n + 1, Cells: []string{"a@x.fr", "Anne"}})
		}
		return w.h.ChooseImport(ctx, chosen, append(lines, ImportLine{Line: 900}))
	}},
	{method: "Handle.SaveContacts", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		next := jean
		next.Version, next.Name = jean.Version+1, "Jean Dupont"
		return w.h.SaveContacts(ctx, []ContactChange{
			{New: directory.Contact{ID: "ctc_bbbbbbbbbbbbbbbb", Version: 1, Name: "Anne"}, Groups: []directory.GroupID{grp}},
			{Old: jean, New: next, OldGroups: []directory.GroupID{grp}},
		})
	}},
	{method: "Handle.SaveContacts", how: "some of whom go", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.SaveContacts(ctx, []ContactChange{{Old: jean, OldGroups: []directory.GroupID{grp}}})
	}},
	{
		method: "Handle.SaveContacts", how: "with as many groups as can be", again: table.ErrCondition,
		given: func(w *town) {
			w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, busy('a', 1), nil, manyGroups('a')))
		},
		do: func(ctx context.Context, w *town) error {
			return w.h.SaveContacts(ctx, []ContactChange{{Old: busy('a', 1), OldGroups: manyGroups('a')}})
		},
	},
	{method: "Handle.BringUp", given: func(w *town) { w.older(3) }, do: func(ctx context.Context, w *town) error {
		_, err := w.h.BringUp(ctx)
		return err
	}},
	{method: "Handle.CreateGroups", do: func(ctx context.Context, w *town) error {
		return w.h.CreateGroups(ctx, []directory.Group{{ID: "grp_cccccccccccccccc", Name: "Adjoints"}, {ID: "grp_dddddddddddddddd", Name: "Maires"}})
	}},
	{method: "Handle.RemoveGroup", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.RemoveGroup(ctx, council)
	}},
	{method: "Handle.CreateGroup", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.CreateGroup(ctx, directory.Group{ID: "grp_cccccccccccccccc", Name: "Adjoints"}, told(journal.GroupSaved))
	}},
	{method: "Handle.RenameGroup", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		renamed := council
		renamed.Name = "Conseil municipal"
		return w.h.RenameGroup(ctx, council, renamed, told(journal.GroupSaved))
	}},
	{method: "Handle.DeleteGroup", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.DeleteGroup(ctx, council, told(journal.GroupDeleted))
	}},
	{method: "Handle.DropMembers", do: func(ctx context.Context, w *town) error { return w.h.DropMembers(ctx, grp) }},
}

var composeOps = []op{
	{method: "Handle.CreateConvocation", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.CreateConvocation(ctx, convocation.New("cnv_nnnnnnnnnnnnnnnn", []byte("k"), minute(3)), told(journal.ConvocationCreated))
	}},
	{method: "Handle.SaveConvocation", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		c := draft
		c.Version, c.Subject, c.ChangedAt = 2, "Conseil", minute(3)
		return w.h.SaveConvocation(ctx, c, told(journal.ConvocationSaved))
	}},
	{method: "Handle.SaveConvocation", how: "in the same millisecond", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		c := draft
		c.Version, c.Subject = 2, "Conseil"
		return w.h.SaveConvocation(ctx, c, told(journal.ConvocationSaved))
	}},
	{method: "Handle.DeleteConvocation", again: table.ErrNotFound, do: func(ctx context.Context, w *town) error {
		return w.h.DeleteConvocation(ctx, draft, []convocation.Document{pending}, told(journal.ConvocationDeleted))
	}},
	{method: "Handle.Relist", do: func(ctx context.Context, w *town) error { return w.h.Relist(ctx, sending, minute(9)) }},
	{method: "Handle.PutDocument", do: func(ctx context.Context, w *town) error {
		d := pending
		d.ID, d.Position = "doc_nnnnnnnnnnnnnnnn", 2
		return w.h.PutDocument(ctx, cnv2, d)
	}},
	{method: "Handle.ReplaceDocuments", do: func(ctx context.Context, w *town) error {
		d := pending
		d.Position = 7
		return w.h.ReplaceDocuments(ctx, cnv2, []convocation.Document{d})
	}},
	{method: "Handle.DeleteDocument", do: func(ctx context.Context, w *town) error { return w.h.DeleteDocument(ctx, cnv2, doc2) }},
	{method: "Handle.SettleDocument", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		d := pending
		d.State, d.Media, d.Size, d.StoredAt = convocation.DocumentStored, "application/pdf", 12, minute(3)
		return w.h.SettleDocument(ctx, cnv2, pending, d)
	}},
}

var sendOps = []op{
	{method: "Handle.AskSend", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.AskSend(ctx, draft, minute(3), "secretaire", Order{ID: ord2, At: minute(3), First: true, Who: WhoAll}, told(journal.SendAsked))
	}},
	{
		method: "Handle.RefuseSend", again: table.ErrCondition,
		given: func(w *town) {
			w.must(w.h.AskSend(w.ctx(), draft, minute(3), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
		},
		do: func(ctx context.Context, w *town) error {
			return w.h.RefuseSend(ctx, cnv2, ord2, "group_empty", "Bureau", told(journal.SendRefused))
		},
	},
	{
		method: "Handle.Freeze", again: table.ErrCondition,
		given: func(w *town) {
			w.must(w.h.AskSend(w.ctx(), draft, minute(3), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
		},
		do: func(ctx context.Context, w *town) error {
			c, d := frozen(), pending
			c.ID, d.FrozenKey, d.SHA256 = cnv2, "copy", "abc"
			return w.h.Freeze(ctx, c, []convocation.Document{d})
		},
	},
	{method: "Handle.PauseSend", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.PauseSend(ctx, frozen(), minute(9), told(journal.SendPaused))
	}},
	{method: "Handle.PauseSend", how: "it goes on", given: paused, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.PauseSend(ctx, pausedAt(minute(8)), time.Time{}, told(journal.SendResumed))
	}},
	{method: "Handle.StopSend", given: paused, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.StopSend(ctx, pausedAt(minute(8)), minute(9), told(journal.SendCancelled))
	}},
	{method: "Handle.PutTotals", do: func(ctx context.Context, w *town) error {
		return w.h.PutTotals(ctx, cnv, Totals{At: minute(9), Counts: convocation.Counts{Recipients: 2}})
	}},
	{method: "Handle.MoveWalk", do: func(ctx context.Context, w *town) error {
		return w.h.MoveWalk(ctx, cnv, ord, Walk{Front: PlaceOf(person(rcp)), Ahead: true, Again: minute(9), Owner: "own_a", Passed: 1})
	}},
	{method: "Handle.MarkSent", do: func(ctx context.Context, w *town) error { return w.h.MarkSent(ctx, cnv, minute(9)) }},
	{method: "Handle.MarkClosed", do: func(ctx context.Context, w *town) error {
		return w.h.MarkClosed(ctx, cnv, minute(9), told(journal.LinksClosed))
	}},
	{method: "Handle.CreateOrder", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.CreateOrder(ctx, cnv, Order{ID: ord2, At: minute(9), Who: WhoUnread}, told(journal.ResendAsked))
	}},
	{method: "Handle.MoveCursor", again: table.ErrCondition, do: func(ctx context.Context, w *town) error { return w.h.MoveCursor(ctx, cnv, ord, 0, 1) }},
	{method: "Handle.MarkReady", do: func(ctx context.Context, w *town) error { return w.h.MarkReady(ctx, cnv, ord, minute(3)) }},
	{method: "Handle.MarkDone", do: func(ctx context.Context, w *town) error { return w.h.MarkDone(ctx, cnv, ord, minute(9)) }},
	{method: "Handle.Materialise", do: func(ctx context.Context, w *town) error {
		return w.h.Materialise(ctx, cnv, []convocation.Recipient{person(rcp2)})
	}},
	{method: "Handle.Materialise", how: "one of them is there, with facts", given: arrived, do: func(ctx context.Context, w *town) error {
		return w.h.Materialise(ctx, cnv, []convocation.Recipient{person(rcp), person(rcp2)})
	}},
	{method: "Handle.NewOrder", how: "to remind", given: arrived, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		r := person(rcp)
		r.Attempts = []convocation.Attempt{{N: 1}}
		return w.h.NewOrder(ctx, cnv, r, Order{ID: ord2, At: minute(9), Why: convocation.WhyReminder})
	}},
	{method: "Handle.NewOrder", given: arrived, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		r := person(rcp)
		r.Attempts = []convocation.Attempt{{N: 1}}
		return w.h.NewOrder(ctx, cnv, r, Order{ID: ord2, At: minute(9)})
	}},
}

var attemptOps = []op{
	{method: "Handle.Claim", do: func(ctx context.Context, w *town) error {
		_, err := w.h.Claim(ctx, cnv, person(rcp), attemptBy("owner", 1))
		return err
	}},
	{method: "Handle.Claim", how: "of a reminder", do: func(ctx context.Context, w *town) error {
		a := attemptBy("owner", 1)
		a.Why = convocation.WhyReminder
		_, err := w.h.Claim(ctx, cnv, person(rcp), a)
		return err
	}},
	{method: "Handle.Claim", how: "the oldest attempt is summed up", given: full, do: func(ctx context.Context, w *town) error {
		_, err := w.h.Claim(ctx, cnv, w.seen, attemptBy("owner", convocation.MaxAttempts+1))
		return err
	}},
	{method: "Handle.Accept", given: claimed, do: func(ctx context.Context, w *town) error {
		return w.h.Accept(ctx, toJean, 1, "owner", "id", minute(4))
	}},
	{method: "Handle.Accept", how: "after it was given up", given: lost, do: func(ctx context.Context, w *town) error {
		return w.h.Accept(ctx, toJean, 1, "owner", "", minute(9))
	}},
	{method: "Handle.Refuse", how: "for good", given: claimed, do: func(ctx context.Context, w *town) error {
		return w.h.Refuse(ctx, toJean, 1, "owner", "no_mailbox", true, minute(4), noon)
	}},
	{method: "Handle.Refuse", how: "for now", given: claimed, do: func(ctx context.Context, w *town) error {
		return w.h.Refuse(ctx, toJean, 1, "owner", "mailbox_full", false, minute(4), minute(9))
	}},
	{method: "Handle.Lose", given: claimed, do: func(ctx context.Context, w *town) error {
		return w.h.Lose(ctx, toJean, 1, "owner", "timeout", minute(4), minute(19))
	}},
	{method: "Handle.Disprove", given: lost, do: func(ctx context.Context, w *town) error { return w.h.Disprove(ctx, toJean, 1, minute(9)) }},
	{method: "Handle.GiveBack", given: claimed, do: func(ctx context.Context, w *town) error {
		return w.h.GiveBack(ctx, toJean, 1, "owner", minute(9), "connection")
	}},
	{method: "Handle.Prove", given: lost, do: func(ctx context.Context, w *town) error { return w.h.Prove(ctx, toJean, 1, minute(9)) }},
}

const another = "the newest text wins, and each saving is a revision"

var replyOps = []op{
	{method: "Handle.SaveDraft", grows: another, do: func(ctx context.Context, w *town) error {
		return w.h.SaveDraft(ctx, toJean, "Présent", convocation.Choice{}, minute(5))
	}},
	{method: "Handle.AddReplyDocument", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.AddReplyDocument(ctx, toJean, stored, 0, minute(5))
	}},
	{
		method: "Handle.DeleteReplyDocument", grows: another,
		given: func(w *town) { w.must(w.h.AddReplyDocument(w.ctx(), toJean, stored, 0, minute(5))) },
		do: func(ctx context.Context, w *town) error {
			return w.h.DeleteReplyDocument(ctx, toJean, doc, minute(6))
		},
	},
	{
		method: "Handle.Validate", again: table.ErrCondition,
		given: func(w *town) { w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, minute(5))) },
		do: func(ctx context.Context, w *town) error {
			return w.h.Validate(ctx, cnv, person(rcp), 1, Answer{Reply: draftReply})
		},
	},
}

var accountOps = []op{
	{method: "Accounts.CreateUser", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.CreateUser(ctx, User{Login: "maire", Memberships: []Membership{{siren, rights.Reader, false}}, CreatedAt: noon})
	}},
	{method: "Accounts.ChangeTries", how: "the first", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.ChangeTries(ctx, "LOGIN a", Tries{}, Tries{Until: minute(1)})
	}},
	{
		method: "Accounts.ChangeTries", how: "a right password", again: table.ErrCondition,
		given: func(w *town) { w.must(w.accounts.ChangeTries(w.ctx(), "LOGIN a", Tries{}, Tries{Until: minute(1)})) },
		do: func(ctx context.Context, w *town) error {
			return w.accounts.ChangeTries(ctx, "LOGIN a", Tries{Until: minute(1)}, Tries{Right: true})
		},
	},
	{method: "Accounts.CreateSession", do: func(ctx context.Context, w *town) error {
		return w.accounts.CreateSession(ctx, "other", Session{Login: "secretaire", CreatedAt: minute(1), UsedAt: minute(1)})
	}},
	{method: "Accounts.Commit", how: "a change of a user", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		after := secretary
		after.Memberships = []Membership{{Collectivity: "234400034", Role: rights.Administrator}}
		return w.accounts.Commit(ctx, UserChanged(asStored(secretary), after), Told(siren, told(journal.RoleTaken)))
	}},
	{method: "Accounts.Commit", how: "a collectivité below another", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		below := collectivity.Entry{ID: "234400034", Above: []collectivity.ID{siren}, Name: "En dessous", CreatedAt: noon}
		return w.accounts.Commit(ctx, Entered(below), Told(below.ID, told(journal.CollectivityMade)))
	}},
	{method: "Accounts.Commit", how: "a collectivité is closed", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.Commit(ctx, EntryClosed(siren, minute(1)))
	}},
	{
		method: "Accounts.Commit", how: "a collectivité is opened again", again: table.ErrCondition,
		given: func(w *town) { w.must(w.accounts.Commit(w.ctx(), EntryClosed(siren, minute(1)))) },
		do: func(ctx context.Context, w *town) error {
			return w.accounts.Commit(ctx, EntryClosed(siren, time.Time{}))
		},
	},
	{method: "Accounts.Commit", how: "an invitation", do: func(ctx context.Context, w *town) error {
		return w.accounts.Commit(ctx, TicketMade("ticket2", guest), Told(siren, told(journal.UserInvited)))
	}},
	{method: "Accounts.Commit", how: "an invitation is accepted", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.Commit(ctx, TicketUsed("ticket", guest, "maire"), UserCreated(User{Login: "maire"}))
	}},
	{method: "Accounts.Commit", how: "an invitation is withdrawn", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.Commit(ctx, TicketGone("ticket", guest))
	}},
	{method: "Accounts.Commit", how: "a session for another collectivité", do: func(ctx context.Context, w *town) error {
		return w.accounts.Commit(ctx, SessionMoved("digest", "234400034"))
	}},
	{method: "Accounts.NameEntry", do: func(ctx context.Context, w *town) error {
		return w.accounts.NameEntry(ctx, siren, "Saint-Aubin-d’Écrosville")
	}},
	{method: "Accounts.TouchSession", do: func(ctx context.Context, w *town) error { return w.accounts.TouchSession(ctx, "digest", minute(5)) }},
	{method: "Accounts.EndSession", do: func(ctx context.Context, w *town) error { return w.accounts.EndSession(ctx, "digest") }},
	{method: "Accounts.See", grows: "one sign-in is told twice rather than not at all", do: func(ctx context.Context, w *town) error {
		return w.accounts.See(ctx, "secretaire", Seen{At: minute(1), Success: true, Address: "192.0.2.0/24"})
	}},
	{method: "Accounts.PutInvitation", do: func(ctx context.Context, w *town) error {
		return w.accounts.PutInvitation(ctx, []byte("newer"), minute(1))
	}},
	{method: "Accounts.UseInvitation", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.accounts.UseInvitation(ctx, []byte("digest"), User{Login: "maire", CreatedAt: noon}, minute(1))
	}},
	{method: "Accounts.BeginDemo", do: func(ctx context.Context, w *town) error { return w.accounts.BeginDemo(ctx, minute(1)) }},
	{method: "Accounts.Secret", do: func(ctx context.Context, w *town) error {
		_, err := w.accounts.Secret(ctx, "files", zeros{})
		return err
	}},
	{method: "Accounts.PutMailboxRead", do: func(ctx context.Context, w *town) error {
		return w.accounts.PutMailboxRead(ctx, "9f86d081884c7d65", 3, 4_294_967_295)
	}},
}

var agendaOps = []op{
	{method: "Agenda.Put", do: func(ctx context.Context, w *town) error {
		return w.agenda.Put(ctx, AgendaEntry{Due: minute(1), Collectivity: siren, Convocation: cnv, What: DueList, Order: NoOrder})
	}},
	{method: "Agenda.Done", do: func(ctx context.Context, w *town) error { return w.agenda.Done(ctx, toSend) }},
	{method: "Agenda.Recall", do: func(ctx context.Context, w *town) error {
		_, err := w.agenda.Recall(ctx, noon.Add(-time.Hour), map[What]time.Duration{DueSend: time.Minute})
		return err
	}},
	{method: "Agenda.Move", do: func(ctx context.Context, w *town) error { return w.agenda.Move(ctx, toSend, minute(5)) }},
}
