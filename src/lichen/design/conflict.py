def conflicts(*a): return ()
