"""What runs beside the student's code where plain torch is not enough: kernels on the CPU, CUDA C++, many ranks."""
