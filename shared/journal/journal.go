// Package journal names the events kept beside the facts (« journal des évènements »): edits, imports, sign-ins, acts
// of the secretary. An event is written in the same transaction as the change it tells; it is never changed.
package journal

import "time"

// Event is one line of the journal.
type Event struct {
	ID      string    // « evt_… »
	At      time.Time // UTC
	Who     string    // login of the user; empty for an élu or the product itself
	What    What
	Subject string   // identifier of the thing concerned (cnv_…, ctc_…, imp_…), the login of a user, a SIREN
	Count   int      // how many, where that means something (contacts imported, links closed)
	Changes []Change // what was before and what is after, for changes of the directory
	Role    string   // which was given or taken
}

// Change is one field of something that was changed. Lists have an entry a line. What is created has no Before, what is
// deleted no After. Both are data of persons: the journal may hold them, logs may not.
type Change struct{ Field, Before, After string }

// What is the kind of event.
type What string

// The kinds of events.
const (
	ConvocationCreated What = "convocation_created"
	ConvocationSaved   What = "convocation_saved"
	ConvocationDeleted What = "convocation_deleted"
	SendAsked          What = "send_asked"
	SendRefused        What = "send_refused"
	SendRecalled       What = "send_recalled" // a planned sending, before it began
	SendPaused         What = "send_paused"
	SendResumed        What = "send_resumed"
	SendCancelled      What = "send_cancelled"
	ResendAsked        What = "resend_asked"
	RemindAsked        What = "remind_asked"
	ReviewDecided      What = "review_decided" // the secretary says that a mail « à vérifier » has arrived
	AddressUnblocked   What = "address_unblocked"
	LinksClosed        What = "links_closed"
	LinksRevoked       What = "links_revoked"
	LinkAsked          What = "link_asked"      // an élu asked for a new link
	OpeningIgnored     What = "opening_ignored" // « ouverture automatique ignorée »
	AddressCorrected   What = "address_corrected"
	ReplyRecorded      What = "reply_recorded" // by the secretary, for an élu
	AssemblySaved      What = "assembly_saved"
	AssemblyDeleted    What = "assembly_deleted"
	ContactSaved       What = "contact_saved"
	ContactDeleted     What = "contact_deleted"
	ContactsMerged     What = "contacts_merged" // into the subject; the others are told as deleted
	GroupSaved         What = "group_saved"
	GroupDeleted       What = "group_deleted"
	ContactsImported   What = "contacts_imported"
	ImportUndone       What = "import_undone"

	UserSignedIn       What = "user_signed_in"
	UserInvited        What = "user_invited"
	InvitationGone     What = "invitation_withdrawn"
	UserJoined         What = "user_joined" // an invitation was accepted
	RoleGiven          What = "role_given"
	RoleTaken          What = "role_taken"
	UserDisabled       What = "user_disabled"
	UserEnabled        What = "user_enabled"
	PasswordChanged    What = "password_changed"
	PasswordReset      What = "password_reset"
	MailChanged        What = "user_mail_changed"
	FactorAdded        What = "factor_added"
	FactorRemoved      What = "factor_removed"
	SettingsSaved      What = "settings_saved"
	CollectivityMade   What = "collectivity_created"
	CollectivityClosed What = "collectivity_closed"
	CollectivityOpened What = "collectivity_opened"
)

// Kinds lists all kinds of events.
func Kinds() []What {
	return []What{
		ConvocationCreated, ConvocationSaved, ConvocationDeleted, SendAsked, SendRefused, SendRecalled, SendPaused, SendResumed,
		SendCancelled, ResendAsked, RemindAsked, ReviewDecided, AddressUnblocked, LinksClosed, LinksRevoked, LinkAsked,
		OpeningIgnored, AddressCorrected, ReplyRecorded, AssemblySaved, AssemblyDeleted, ContactSaved, ContactDeleted,
		ContactsMerged, GroupSaved, GroupDeleted, ContactsImported, ImportUndone, UserSignedIn, UserInvited, InvitationGone, UserJoined, RoleGiven, RoleTaken,
		UserDisabled, UserEnabled, PasswordChanged, PasswordReset, MailChanged, FactorAdded, FactorRemoved, SettingsSaved, CollectivityMade,
		CollectivityClosed, CollectivityOpened,
	}
}
