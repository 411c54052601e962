package csvimport

// SetBatch ends a batch after so many changes.
func (s *Service) SetBatch(changes int) { s.batch = changes }
