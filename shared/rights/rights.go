// Package rights is the one table that says who may do what. Code asks it, pages are told by it what to offer, and the
// tests walk it.
package rights

import "slices"

// Role is what a user is in a collectivité.
type Role string

// The roles, each with all rights of the one before: lecteur, rédacteur, expéditeur, administrateur. A role is valid for
// a collectivité and for those below it.
const (
	Reader        Role = "reader"
	Writer        Role = "writer"
	Sender        Role = "sender"
	Administrator Role = "administrator"
)

// What one may be beside that.
const (
	// SignedIn has said who they are, and works for no collectivité yet. Everybody may what they may.
	SignedIn Role = "signed_in"
	// Operator (« opérateur ») keeps the installation: creates and closes collectivités, and sees nothing of theirs.
	Operator Role = "operator"
)

// Action is one thing that a route does.
type Action string

// The actions.
const (
	ConvocationRead    Action = "convocation.read"
	ConvocationWrite   Action = "convocation.write"
	ConvocationSend    Action = "convocation.send" // « autorisé à envoyer »: send, send again, close links
	DirectoryRead      Action = "directory.read"
	DirectoryWrite     Action = "directory.write"
	SessionOwn         Action = "session.own"         // one's own session, password, second factor and connections
	SettingsManage     Action = "settings.manage"     // of the collectivité
	UsersManage        Action = "users.manage"        // invite, give and take roles
	JournalRead        Action = "journal.read"        // who did what
	InstallationManage Action = "installation.manage" // the collectivités themselves
)

// order lists the roles from the least to the most.
var order = []Role{SignedIn, Reader, Writer, Sender, Administrator}

// least is the table: the smallest role that may do each action.
var least = map[Action]Role{
	SessionOwn:         SignedIn,
	ConvocationRead:    Reader,
	DirectoryRead:      Reader,
	ConvocationWrite:   Writer,
	DirectoryWrite:     Writer,
	ConvocationSend:    Sender,
	SettingsManage:     Administrator,
	UsersManage:        Administrator,
	JournalRead:        Administrator,
	InstallationManage: Operator,
}

// May tells whether the role may do the action. An unknown role or action may not.
func May(role Role, action Action) bool {
	need, known := least[action]
	switch {
	case !known:
		return false
	case role == Operator:
		return need == Operator || need == SignedIn
	default:
		return need != Operator && slices.Index(order, role) >= slices.Index(order, need)
	}
}

// Of lists what roles may do together, sorted.
func Of(roles ...Role) []Action {
	var actions []Action
	for a := range least {
		if slices.ContainsFunc(roles, func(r Role) bool { return May(r, a) }) {
			actions = append(actions, a)
		}
	}
	slices.Sort(actions)
	return actions
}

// Roles lists from the least to the most those that one can have in a collectivité.
func Roles() []Role { return slices.Clone(order[1:]) }

// Greater gives the one of two roles that may more; either may be empty.
func Greater(a, b Role) Role {
	if a == "" || slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
